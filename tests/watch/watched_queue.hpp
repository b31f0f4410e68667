#pragma once

#include <filesystem>
#include <string>

#include "support/temp_directory.hpp"
#include "watch/inotify_watcher.hpp"

namespace spoold::test {

// Real directories of the shape a watcher looks at, with a place beside them to bring files from.
class WatchedQueue {
 public:
  WatchedQueue() {
    for (const char* name : {"q", "q/pending", "q/deferred", "q/completed", "outside"}) {
      std::filesystem::create_directory(directory_ / name);
    }
  }

  [[nodiscard]] WatchedPaths paths() const {
    return {directory_ / "q", directory_ / "q/pending", directory_ / "q/deferred"};
  }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ / name; }

  void write(const std::string& name) const { directory_.write(name, "{}"); }
  void move(const std::string& from, const std::string& to) const {
    std::filesystem::rename(path(from), path(to));
  }
  // Writes a file elsewhere and renames it in, as producers do.
  void bring(const std::string& folder, const std::string& name) const {
    write("outside/" + name);
    move("outside/" + name, folder + "/" + name);
  }

 private:
  TempDirectory directory_;
};

}  // namespace spoold::test
