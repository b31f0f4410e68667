#include "watch/poll_watcher.hpp"

#include <catch2/catch.hpp>

#include "os/posix_file_system.hpp"
#include "watch/watched_queue.hpp"

using namespace spoold;
using spoold::test::WatchedQueue;
using namespace std::chrono_literals;

namespace {

struct Polled {
  explicit Polled(std::chrono::nanoseconds interval = 100ms) : watcher(files, queue.paths(), interval) {}

  Changes read() {
    const auto changes = watcher.read();
    REQUIRE(changes.has_value());
    return *changes;
  }
  bool asks_for_rescan() { return read().rescan; }
  void settle() {
    for (int i = 0; i < 20; ++i) (void)read();
  }
  // Sets a directory's time by hand: what the kernel's ticks do is then this test's choice.
  void set_time(const std::string& folder, std::chrono::seconds since_epoch) const {
    const auto time = std::chrono::file_clock::from_sys(WallTime{since_epoch});
    std::filesystem::last_write_time(queue.path(folder), time);
  }

  WatchedQueue queue;
  PosixFileSystem files;
  PollWatcher watcher;
};

}  // namespace

TEST_CASE("a poll has no descriptor, and says how often it is to be asked") {
  Polled polled{250ms};
  CHECK(polled.watcher.name() == "poll");
  CHECK_FALSE(polled.watcher.descriptor());
  CHECK(polled.watcher.interval() == 250ms);
}

TEST_CASE("a directory that rests asks for no rescan") {
  Polled polled;
  polled.settle();
  CHECK_FALSE(polled.asks_for_rescan());
  CHECK_FALSE(polled.asks_for_rescan());
}

TEST_CASE("a new time of pending or deferred asks for a rescan, and for one more after it") {
  const std::string folder = GENERATE("q/pending", "q/deferred");
  Polled polled;
  polled.settle();
  polled.set_time(folder, 1'000s);
  CHECK(polled.asks_for_rescan());
  // A change within the same tick leaves the time as it is: this look is for that.
  CHECK(polled.asks_for_rescan());
  CHECK_FALSE(polled.asks_for_rescan());
}

TEST_CASE("a time that went back is a change too") {
  Polled polled;
  polled.set_time("q/pending", 2'000s);
  polled.settle();
  polled.set_time("q/pending", 1'000s);
  CHECK(polled.asks_for_rescan());
}

TEST_CASE("a short interval waits out the tick before its last rescan") {
  Polled polled{5ms};
  polled.settle();
  polled.set_time("q/pending", 1'000s);
  CHECK(polled.asks_for_rescan());
  for (int i = 0; i < 3; ++i) CHECK_FALSE(polled.asks_for_rescan());
  CHECK(polled.asks_for_rescan());
  CHECK_FALSE(polled.asks_for_rescan());
}

TEST_CASE("a file that arrives is noticed") {
  Polled polled;
  polled.set_time("q/pending", 1'000s);
  polled.settle();
  polled.queue.bring("q/pending", "a.json");
  CHECK(polled.asks_for_rescan());
}

TEST_CASE("files that come and go in the queue itself ask for nothing") {
  Polled polled;
  polled.settle();
  polled.set_time("q", 1'000s);
  CHECK_FALSE(polled.asks_for_rescan());
  CHECK_FALSE(polled.read().gone);
}

TEST_CASE("a directory that was moved, removed or replaced is gone, and named") {
  Polled polled;
  const std::string folder = GENERATE("q", "q/pending", "q/deferred");
  SECTION("moved") {
    polled.queue.move(folder, "elsewhere");
  }
  SECTION("replaced") {
    polled.queue.move(folder, "elsewhere");
    std::filesystem::create_directory(polled.queue.path(folder));
  }
  SECTION("a file in its place") {
    polled.queue.move(folder, "elsewhere");
    polled.queue.write(folder);
  }
  CHECK(polled.read().gone == polled.queue.path(folder));
}

TEST_CASE("a queue that was not there when the poll began is gone") {
  PosixFileSystem files;
  PollWatcher watcher{files, {"/nonexistent/q", "/nonexistent/q/pending", "/nonexistent/q/deferred"}, 100ms};
  CHECK(watcher.read()->gone == "/nonexistent/q");
}
