#pragma once

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "support/run_program.hpp"

namespace spoold::test {

// Has mounts from now on that only this process and its children see. False where that may not be: to
// ordinary users, and in a chroot.
inline bool may_mount() {
  static const bool alone =
      ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  return alone;
}

// A small file system of its own, in memory, mounted for this process and its children only. Needs root.
class SmallDisk {
 public:
  // `limits` as mount(8) takes them for a tmpfs.
  explicit SmallDisk(std::string path, const std::string& limits = "size=4m") : path_(std::move(path)) {
    REQUIRE(may_mount());
    std::filesystem::create_directories(path_);
    REQUIRE(::mount("tmpfs", path_.c_str(), "tmpfs", 0, (limits + ",mode=0700").c_str()) == 0);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() { ::umount2(path_.c_str(), MNT_DETACH); }

  void fill() const {
    std::ofstream filler{path_ + "/filler", std::ios::binary};
    const std::string block(4096, 'x');
    while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void make_room() const { std::filesystem::remove(path_ + "/filler"); }

 private:
  std::string path_;
};

// The same as ext4 in a file, where the system has loop devices.
class LoopDisk {
 public:
  // `shape` as mkfs.ext4 takes it ("-N", "64").
  LoopDisk(std::string image, std::string path, const std::string& size,
           const std::vector<std::string>& shape)
      : image_(std::move(image)), path_(std::move(path)) {
    REQUIRE(may_mount());
    std::filesystem::create_directories(path_);
    REQUIRE(run_program({"truncate", "-s", size, image_}).exit_status == 0);
    std::vector<std::string> make{"mkfs.ext4", "-q", "-F", "-b", "1024", "-m", "0"};
    make.insert(make.end(), shape.begin(), shape.end());
    make.push_back(image_);
    REQUIRE(run_program(make).exit_status == 0);
  }
  LoopDisk(const LoopDisk&) = delete;
  LoopDisk& operator=(const LoopDisk&) = delete;
  ~LoopDisk() { ::umount2(path_.c_str(), MNT_DETACH); }

  // False where this system does not let it be mounted.
  [[nodiscard]] bool mount() const {
    return run_program({"mount", "-o", "loop", image_, path_}).exit_status == 0;
  }
  [[nodiscard]] bool unmount() const { return ::umount2(path_.c_str(), 0) == 0; }
  // As if it had found its own structures broken: it takes no more writes, until it is mounted again.
  void turn_read_only() const {
    REQUIRE(run_program({"mount", "-o", "remount,abort", path_}).exit_status == 0);
  }

 private:
  std::string image_;
  std::string path_;
};

}  // namespace spoold::test
