#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "store/queue_layout.hpp"
#include "support/temp_queue.hpp"

namespace spoold {

namespace {

struct Place {
  Place() : path(directory / "queue") {}
  [[nodiscard]] std::string refusal() {
    const auto layout = QueueLayout::open(files, path);
    return layout ? "" : layout.error().message();
  }
  [[nodiscard]] mode_t mode_of(const std::string& name) const {
    struct stat raw {};
    ::stat((path + "/" + name).c_str(), &raw);
    return raw.st_mode & 07777U;
  }
  test::TempDirectory directory;
  PosixFileSystem files;
  std::string path;
};

bool says(const std::string& message, const std::string& what) {
  INFO(message);
  return message.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("states are spelled one way") {
  for (const State state : all_states) CHECK(parse_state(to_string(state)) == state);
  CHECK_FALSE(parse_state("Pending"));
  CHECK_FALSE(parse_state(""));
}

TEST_CASE("a queue that was made can be opened") {
  Place place;
  REQUIRE(QueueLayout::create(place.files, place.path, {}));
  CHECK(place.mode_of("") == 0700);
  CHECK(place.mode_of("pending") == 0700);
  CHECK(place.mode_of(".tmp") == 0700);
  CHECK(place.mode_of(".seq") == 0600);
  const auto layout = QueueLayout::open(place.files, place.path + "/");
  REQUIRE(layout);
  CHECK(layout->path_of(State::failed) == place.path + "/failed");
  CHECK(layout->check_still_there(place.files));
}

TEST_CASE("making a queue again completes it and touches nothing else") {
  test::TempQueue queue;
  const std::string name = queue.enqueue();
  PosixFileSystem files;
  REQUIRE(::rmdir((queue.path() + "/cancelled").c_str()) == 0);
  REQUIRE(QueueLayout::create(files, queue.path(), {}));
  CHECK(queue.names(State::pending) == std::vector<std::string>{name});
  CHECK(queue.names(State::cancelled).empty());
}

TEST_CASE("the parent of a new queue is made, but not its grandparent") {
  Place place;
  CHECK(QueueLayout::create(place.files, place.directory / "spool/queue", {}));
  CHECK(QueueLayout::open(place.files, place.directory / "spool/queue"));
  const auto failed = QueueLayout::create(place.files, place.directory / "x/y/z/queue", {});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == ErrorKind::not_found);
}

TEST_CASE("a queue may lie behind a symlink, but not be one") {
  Place place;
  REQUIRE(::mkdir((place.directory / "real").c_str(), 0700) == 0);
  REQUIRE(::symlink("real", (place.directory / "link").c_str()) == 0);
  CHECK(QueueLayout::create(place.files, place.directory / "link/queue", {}));
  CHECK(QueueLayout::open(place.files, place.directory / "link/queue"));
  CHECK_FALSE(QueueLayout::create(place.files, place.directory / "link", {}));
  CHECK_FALSE(QueueLayout::open(place.files, place.directory / "link"));
  CHECK_FALSE(QueueLayout::open(place.files, place.directory / "link/"));
}

TEST_CASE("a trusted group may write where producers do, and nowhere else") {
  Place place;
  REQUIRE(QueueLayout::create(place.files, place.path, {.group_may_enqueue = true}));
  for (const char* name : {"pending", "deferred", ".tmp"}) CHECK(place.mode_of(name) == 02770);
  for (const char* name : {"", "processing", "failed", "completed"}) CHECK(place.mode_of(name) == 02750);
  CHECK(place.mode_of(".seq") == 0660);
  CHECK(QueueLayout::open(place.files, place.path));
}

TEST_CASE("a queue of one user is not silently left closed to the group") {
  Place place;
  REQUIRE(QueueLayout::create(place.files, place.path, {}));
  const auto opened = QueueLayout::create(place.files, place.path, {.group_may_enqueue = true});
  REQUIRE_FALSE(opened);
  CHECK(says(opened.error().message(), "chmod 2770"));
}

TEST_CASE("a missing queue or directory is named, and how to make it") {
  Place place;
  CHECK(
      says(place.refusal(), place.path + " is not there: 'spoolctl init' makes it, given the same --config"));
  REQUIRE(QueueLayout::create(place.files, place.path, {}));
  REQUIRE(::rmdir((place.path + "/failed").c_str()) == 0);
  CHECK(says(place.refusal(), place.path + "/failed is not there"));
}

TEST_CASE("a directory that is a symlink is refused") {
  Place place;
  REQUIRE(QueueLayout::create(place.files, place.path, {}));
  REQUIRE(::rename((place.path + "/completed").c_str(), (place.directory / "elsewhere").c_str()) == 0);
  REQUIRE(::symlink((place.directory / "elsewhere").c_str(), (place.path + "/completed").c_str()) == 0);
  CHECK(says(place.refusal(), "/completed is no real directory"));
  CHECK_FALSE(QueueLayout::create(place.files, place.path, {}));
}

TEST_CASE("a directory that everybody may write to is refused") {
  Place place;
  REQUIRE(QueueLayout::create(place.files, place.path, {}));
  REQUIRE(::chmod((place.path + "/pending").c_str(), 0777) == 0);
  CHECK(says(place.refusal(), "/pending may be written by everybody (mode 0777): chmod o-w"));
}

TEST_CASE("a directory of another user is refused, except to root at the command line") {
  if (::geteuid() != 0) return;
  Place place;
  REQUIRE(QueueLayout::create(place.files, place.path, {}));
  REQUIRE(::chown((place.path + "/pending").c_str(), 65534, 65534) == 0);
  CHECK(says(place.refusal(), "/pending belongs to uid 65534"));
  CHECK(QueueLayout::open_for_operator(place.files, place.path));
}

TEST_CASE("what root makes in another user's queue is that user's") {
  if (::geteuid() != 0) return;
  Place place;
  REQUIRE(::mkdir(place.path.c_str(), 0700) == 0);
  REQUIRE(::chown(place.path.c_str(), 65534, 65534) == 0);
  REQUIRE(QueueLayout::create(place.files, place.path, {}));
  for (const char* name : {"pending", ".tmp", ".seq", "corrupt"}) {
    struct stat raw {};
    REQUIRE(::stat((place.path + "/" + name).c_str(), &raw) == 0);
    CHECK(raw.st_uid == 65534);
    CHECK(raw.st_gid == 65534);
  }
}

TEST_CASE("a producer needs no more than the directories it writes to") {
  Place place;
  REQUIRE(QueueLayout::create(place.files, place.path, {}));
  REQUIRE(::rmdir((place.path + "/failed").c_str()) == 0);
  const auto layout = QueueLayout::open_for_producer(place.files, place.path);
  REQUIRE(layout);
  CHECK(layout->directory(State::deferred).handle >= 0);
  CHECK(layout->check_still_there(place.files));
}

TEST_CASE("a queue that was moved, removed or replaced is gone") {
  test::TempQueue queue;
  PosixFileSystem files;
  const std::string away = queue.path() + ".away";
  REQUIRE(::rename(queue.path().c_str(), away.c_str()) == 0);
  CHECK(queue.layout().check_still_there(files).error().kind == ErrorKind::gone);
  REQUIRE(QueueLayout::create(files, queue.path(), {}));
  const auto replaced = queue.layout().check_still_there(files);
  REQUIRE_FALSE(replaced);
  CHECK(replaced.error().kind == ErrorKind::gone);
  CHECK(says(replaced.error().message(), "no longer the directory that was opened"));
}

TEST_CASE("a state's directory that was replaced is gone") {
  test::TempQueue queue;
  const std::string pending = queue.path() + "/pending";
  REQUIRE(::rename(pending.c_str(), (pending + ".away").c_str()) == 0);
  REQUIRE(::mkdir(pending.c_str(), 0700) == 0);
  const auto replaced = queue.layout().check_still_there(queue.files());
  REQUIRE_FALSE(replaced);
  CHECK(replaced.error().kind == ErrorKind::gone);
  CHECK(says(replaced.error().message(), pending));
}

TEST_CASE("a queue that cannot be looked at is not taken for gone") {
  test::TempQueue queue;
  queue.files().fail(1, EIO);
  CHECK(queue.layout().check_still_there(queue.files()).error().kind == ErrorKind::io);
}

}  // namespace spoold
