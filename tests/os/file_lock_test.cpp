#include "os/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <optional>
#include <thread>

#include "support/print_result.hpp"
#include "support/temp_directory.hpp"

namespace spoold {

namespace {

class LockedDirectory {
 public:
  LockedDirectory() : fd_(::open(directory_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const test::TempDirectory& directory() const { return directory_; }

 private:
  test::TempDirectory directory_;
  UniqueFd fd_;
};

}  // namespace

TEST_CASE("a second daemon is refused and told who holds the queue") {
  const LockedDirectory place;
  const auto held = FileLock::take(place.fd(), ".lock");
  REQUIRE(held);
  const auto second = FileLock::take(place.fd(), ".lock");
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::busy);
  CHECK(second.error().message().find("pid " + std::to_string(::getpid())) != std::string::npos);
}

TEST_CASE(
    "a daemon killed while it starts a command does not hinder the next, whose lock the child holds still") {
  const LockedDirectory place;
  const UniqueFd watch{::inotify_init1(IN_CLOEXEC)};
  const pid_t daemon = ::fork();
  if (daemon == 0) {
    const auto held = FileLock::take(place.fd(), ".lock");
    const bool watched = ::inotify_add_watch(watch.get(), place.directory().path().c_str(), IN_OPEN) >= 0;
    if (!held || !watched || ::fork() != 0) ::_exit(held && watched ? 0 : 1);
    // The child of the killed one: lets go when somebody has come for the lock.
    std::array<char, 1024> event{};
    ::_exit(::read(watch.get(), event.data(), event.size()) > 0 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(daemon, &status, 0) == daemon);
  REQUIRE(status == 0);
  const auto next = FileLock::take(place.fd(), ".lock");
  CHECK(next);
}

TEST_CASE("a lock file without a lock does not hinder") {
  const LockedDirectory place;
  place.directory().write(".lock", "12345\n");
  const auto holder = FileLock::holder(place.fd(), ".lock");
  REQUIRE(holder);
  CHECK(*holder == 0);
  CHECK(FileLock::take(place.fd(), ".lock"));
}

TEST_CASE("the holder is found without taking anything from it") {
  const LockedDirectory place;
  const auto nobody = FileLock::holder(place.fd(), ".lock");
  REQUIRE(nobody);
  CHECK(*nobody == 0);

  const auto held = FileLock::take(place.fd(), ".lock");
  REQUIRE(held);
  const auto holder = FileLock::holder(place.fd(), ".lock");
  REQUIRE(holder);
  CHECK(*holder == ::getpid());
  CHECK_FALSE(FileLock::take(place.fd(), ".lock"));
}

TEST_CASE("a holder whose pid could not be written is a holder all the same") {
  const LockedDirectory place;
  const auto held = FileLock::take(place.fd(), ".lock");
  REQUIRE(held);
  place.directory().write(".lock", "");
  const auto holder = FileLock::holder(place.fd(), ".lock");
  REQUIRE(holder);
  CHECK(*holder == -1);
  const auto second = FileLock::take(place.fd(), ".lock");
  REQUIRE_FALSE(second);
  CHECK(second.error().message() == "the queue is held by another spoold");
}

TEST_CASE("somebody who only looks does not keep a daemon from starting") {
  const LockedDirectory place;
  std::atomic<bool> done = false;
  std::thread looker([&] {
    while (!done) (void)FileLock::holder(place.fd(), ".lock");
  });
  int refused = 0;
  for (int i = 0; i < 200; ++i) {
    if (!FileLock::take(place.fd(), ".lock")) ++refused;
  }
  done = true;
  looker.join();
  CHECK(refused == 0);
}

TEST_CASE("a program that is started does not inherit the lock") {
  const LockedDirectory place;
  auto held = std::make_optional(FileLock::take(place.fd(), ".lock"));
  REQUIRE(*held);
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const UniqueFd out{ends[0]};
  UniqueFd in{ends[1]};
  const pid_t child = ::fork();
  if (child == 0) {
    ::execlp("sleep", "sleep", "60", nullptr);
    ::_exit(127);
  }
  in.reset();
  // The pipe ends when the program has begun: by then the child has closed what it does not inherit.
  char byte = 0;
  CHECK(::read(out.get(), &byte, 1) == 0);
  held.reset();
  CHECK(FileLock::take(place.fd(), ".lock"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_CASE("a symlink in the lock's place is not followed") {
  const LockedDirectory place;
  REQUIRE(::symlinkat("elsewhere", place.fd(), ".lock") == 0);
  const auto lock = FileLock::take(place.fd(), ".lock");
  REQUIRE_FALSE(lock);
  CHECK(lock.error().kind == ErrorKind::wrong_type);
  CHECK(::faccessat(place.fd(), "elsewhere", F_OK, 0) != 0);
}

}  // namespace spoold
