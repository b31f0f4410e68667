#include "os/posix_file_system.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>

#include "support/print_result.hpp"
#include "support/temp_directory.hpp"

namespace spoold {

namespace {

class Disk {
 public:
  Disk() : root(*files.open_directory(directory.path())) {}
  test::TempDirectory directory;
  PosixFileSystem files;
  Directory root;

  [[nodiscard]] bool is_there(const std::string& name) const {
    return ::faccessat(root.handle, name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
  }
};

}  // namespace

TEST_CASE("many files are written at the same time, each with its own result") {
  Disk disk;
  disk.directory.write("7", "taken");
  std::vector<NewFile> wanted;
  for (int i = 0; i < 40; ++i) wanted.push_back({std::to_string(i), "text " + std::to_string(i)});
  const auto results = disk.files.write_all_new(disk.root, wanted, 0640);
  REQUIRE(results.size() == 40);
  for (std::size_t i = 0; i < 40; ++i) {
    CAPTURE(i);
    CHECK(results[i].has_value() == (i != 7));
    CHECK(disk.directory.read(std::to_string(i)) == (i == 7 ? "taken" : "text " + std::to_string(i)));
  }
  CHECK(results[7].error().kind == ErrorKind::exists);
  CHECK(disk.files.status(disk.root, "8")->mode == 0640);
  CHECK(disk.files.write_all_new(disk.root, {}, 0600).empty());
}

TEST_CASE("a new file is written whole and its name never replaces another") {
  Disk disk;
  REQUIRE(disk.files.write_new(disk.root, "a", "bytes", 0600, Durability::synced));
  CHECK(disk.directory.read("a") == "bytes");
  const auto again = disk.files.write_new(disk.root, "a", "other", 0600, Durability::synced);
  REQUIRE_FALSE(again);
  CHECK(again.error().kind == ErrorKind::exists);
  CHECK(disk.directory.read("a") == "bytes");
}

TEST_CASE("modes are set exactly, whatever the umask") {
  Disk disk;
  const mode_t before = ::umask(0777);
  const auto written = disk.files.write_new(disk.root, "shared", "", 0640, Durability::unsynced);
  const auto made = disk.files.make_directory(disk.root, "private", 0700);
  const auto group = disk.files.make_directory(disk.root, "group", 02770);
  ::umask(before);
  REQUIRE(written);
  REQUIRE(made);
  REQUIRE(group);
  CHECK(disk.files.status(disk.root, "shared")->mode == 0640);
  CHECK(disk.files.status(disk.root, "private")->mode == 0700);
  CHECK(disk.files.status(disk.root, "group")->mode == 02770);
}

TEST_CASE("a rename keeps a taken target and says so") {
  Disk disk;
  disk.directory.write("a", "a");
  disk.directory.write("b", "b");
  const auto taken = disk.files.rename_new(disk.root, "a", disk.root, "b");
  REQUIRE_FALSE(taken);
  CHECK(taken.error().kind == ErrorKind::exists);
  CHECK(disk.directory.read("b") == "b");

  const auto gone = disk.files.rename_new(disk.root, "none", disk.root, "c");
  REQUIRE_FALSE(gone);
  CHECK(gone.error().kind == ErrorKind::not_found);

  REQUIRE(disk.files.rename_over(disk.root, "a", disk.root, "b"));
  CHECK(disk.directory.read("b") == "a");
  CHECK_FALSE(disk.is_there("a"));
}

TEST_CASE("a file is read whole with its status") {
  Disk disk;
  const std::string bytes(100'000, 'x');
  disk.directory.write("a", bytes);
  const auto content = disk.files.read(disk.root, "a", bytes.size());
  REQUIRE(content);
  CHECK(content->bytes == bytes);
  CHECK(content->status.size == bytes.size());
  CHECK(content->status.links == 1);
  CHECK(content->status.owner == ::geteuid());
  CHECK_FALSE(content->changed_while_read);
  CHECK(disk.files.read(disk.root, "a", bytes.size() - 1).error().kind == ErrorKind::too_large);
}

TEST_CASE("reading leaves no trace in the file's times") {
  Disk disk;
  disk.directory.write("a", "bytes");
  const std::array<timespec, 2> times{timespec{1'000'000'000, 0}, timespec{1'100'000'000, 0}};
  REQUIRE(::utimensat(disk.root.handle, "a", times.data(), 0) == 0);  // long due for being noted as read
  REQUIRE(disk.files.read(disk.root, "a", 100));
  struct stat after {};
  REQUIRE(::fstatat(disk.root.handle, "a", &after, 0) == 0);
  CHECK(after.st_atim.tv_sec == times[0].tv_sec);
}

TEST_CASE("somebody else's file is read as well") {
  PosixFileSystem files;
  const auto etc = files.open_directory("/etc");
  REQUIRE(etc);
  const auto content = files.read(*etc, "passwd", 10'000'000);  // root's: ours only if we are root
  REQUIRE(content);
  CHECK(content->status.owner == 0);
  CHECK_FALSE(content->bytes.empty());
}

TEST_CASE("an empty file is read as no bytes") {
  Disk disk;
  disk.directory.write("empty", "");
  const auto content = disk.files.read(disk.root, "empty", 10);
  REQUIRE(content);
  CHECK(content->bytes.empty());
  CHECK_FALSE(content->changed_while_read);
}

TEST_CASE("listing names everything but the directory itself and its parent") {
  Disk disk;
  for (const char* name : {"a", ".b", "c.json"}) disk.directory.write(name, "");
  std::vector<std::string> names;
  const auto listed = disk.files.list(disk.root, [&](std::string_view name) {
    names.emplace_back(name);
    return true;
  });
  REQUIRE(listed);
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{".b", "a", "c.json"});
}

TEST_CASE("listing stops when told, and begins anew the next time") {
  Disk disk;
  for (const char* name : {"a", "b", "c"}) disk.directory.write(name, "");
  for (int round = 0; round < 2; ++round) {
    int seen = 0;
    REQUIRE(disk.files.list(disk.root, [&](std::string_view) { return ++seen < 2; }));
    CHECK(seen == 2);
  }
}

TEST_CASE("a symlink in a directory's place is not opened") {
  Disk disk;
  REQUIRE(disk.files.make_directory(disk.root, "real", 0700));
  REQUIRE(::symlinkat("real", disk.root.handle, "link") == 0);
  disk.directory.write("file", "");
  CHECK(disk.files.open_directory(disk.root, "real"));
  CHECK(disk.files.open_directory(disk.root, "link").error().kind == ErrorKind::wrong_type);
  CHECK(disk.files.open_directory(disk.root, "file").error().kind == ErrorKind::wrong_type);
  CHECK(disk.files.open_directory(disk.directory / "none").error().kind == ErrorKind::not_found);
}

TEST_CASE("files are reached through the handle after the directory was moved away") {
  Disk disk;
  REQUIRE(disk.files.make_directory(disk.root, "queue", 0700));
  const auto queue = disk.files.open_directory(disk.root, "queue");
  REQUIRE(queue);
  REQUIRE(::rename((disk.directory / "queue").c_str(), (disk.directory / "moved").c_str()) == 0);
  REQUIRE(disk.files.write_new(*queue, "a", "here", 0600, Durability::unsynced));
  CHECK(disk.directory.read("moved/a") == "here");
}

TEST_CASE("a file may claim any year") {
  Disk disk;
  disk.directory.write("a", "");
  for (const std::int64_t second :
       {std::int64_t{253'402'300'799}, std::int64_t{-62'135'596'800}, std::int64_t{1} << 40U}) {
    const std::array<timespec, 2> times{timespec{second, 0}, timespec{second, 0}};
    // A file system that cannot hold the year holds the nearest it can; the answer must come out all the
    // same.
    REQUIRE(::utimensat(disk.root.handle, "a", times.data(), 0) == 0);
    const auto status = disk.files.status(disk.root, "a");
    REQUIRE(status);
    CHECK((status->modified > WallTime{}) == (second > 0));
  }
}

TEST_CASE("free space is told in bytes and inodes") {
  Disk disk;
  const auto space = disk.files.free_space(disk.root);
  REQUIRE(space);
  CHECK(space->inodes > 0);
}

TEST_CASE("a directory's names can be made durable") {
  Disk disk;
  CHECK(disk.files.sync_directory(disk.root));
  const auto failed = disk.files.sync_directory(Directory{-1});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == ErrorKind::unknown);
}

}  // namespace spoold
