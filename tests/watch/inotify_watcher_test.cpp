#include "watch/inotify_watcher.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "watch/watched_queue.hpp"

using namespace spoold;
using spoold::test::WatchedQueue;

namespace {

std::unique_ptr<InotifyWatcher> open(const WatchedQueue& queue) {
  auto watcher = InotifyWatcher::open(queue.paths());
  REQUIRE(watcher.has_value());
  return std::move(*watcher);
}

Changes read(InotifyWatcher& watcher) {
  const auto changes = watcher.read();
  REQUIRE(changes.has_value());
  return *changes;
}

bool is_readable(const InotifyWatcher& watcher) {
  pollfd poll{.fd = *watcher.descriptor(), .events = POLLIN, .revents = 0};
  return ::poll(&poll, 1, 0) == 1;
}

// Allows so few further descriptors that not one can be opened, until it is destroyed.
class NoDescriptors {
 public:
  NoDescriptors() {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    REQUIRE(next >= 0);
    ::close(next);
    const rlimit none{static_cast<rlim_t>(next), before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

// How many events the kernel queues for a watcher opened in this object's life: few, where that may be set.
class EventQueueLength {
 public:
  EventQueueLength() {
    std::ifstream{path} >> before_;
    std::ofstream{path} << few << std::flush;
    std::ifstream{path} >> now_;
  }
  EventQueueLength(const EventQueueLength&) = delete;
  EventQueueLength& operator=(const EventQueueLength&) = delete;
  ~EventQueueLength() {
    if (now_ != before_) std::ofstream{path} << before_ << std::flush;
  }
  [[nodiscard]] long now() const { return now_; }

 private:
  static constexpr const char* path = "/proc/sys/fs/inotify/max_queued_events";
  static constexpr long few = 32;
  long before_ = 0;
  long now_ = 0;
};

}  // namespace

TEST_CASE("a file renamed into pending is told by its name") {
  const WatchedQueue queue;
  const auto watcher = open(queue);
  CHECK(watcher->name() == "inotify");
  CHECK_FALSE(is_readable(*watcher));
  queue.bring("q/pending", "a.json");
  CHECK(is_readable(*watcher));
  const Changes changes = read(*watcher);
  CHECK(changes.pending == std::vector<std::string>{"a.json"});
  CHECK(changes.deferred.empty());
  CHECK_FALSE(changes.rescan);
  CHECK_FALSE(changes.gone);
  CHECK_FALSE(is_readable(*watcher));
  CHECK(read(*watcher).pending.empty());
}

TEST_CASE("a file written in place is told when it appears and again when it is closed") {
  const WatchedQueue queue;
  const auto watcher = open(queue);
  {
    std::ofstream file{queue.path("q/pending/a.json")};
    file << "{" << std::flush;
    CHECK(read(*watcher).pending == std::vector<std::string>{"a.json"});
    file << "}" << std::flush;
    CHECK(read(*watcher).pending.empty());
  }
  CHECK(read(*watcher).pending == std::vector<std::string>{"a.json"});
}

TEST_CASE("links and directories in pending are told too: they are to be judged") {
  const WatchedQueue queue;
  const auto watcher = open(queue);
  queue.write("outside/x");
  std::filesystem::create_hard_link(queue.path("outside/x"), queue.path("q/pending/hard.json"));
  std::filesystem::create_symlink("nowhere", queue.path("q/pending/soft.json"));
  std::filesystem::create_directory(queue.path("q/pending/directory.json"));
  CHECK(read(*watcher).pending == std::vector<std::string>{"hard.json", "soft.json", "directory.json"});
}

TEST_CASE("names with a leading dot are left out") {
  const WatchedQueue queue;
  const auto watcher = open(queue);
  queue.write("q/pending/.half.json");
  queue.bring("q/pending", ".hidden.json");
  queue.bring("q/deferred", ".hidden.json");
  const Changes changes = read(*watcher);
  CHECK(changes.pending.empty());
  CHECK(changes.deferred.empty());
}

TEST_CASE("a name renamed into deferred is told apart from those in pending") {
  const WatchedQueue queue;
  const auto watcher = open(queue);
  queue.bring("q/deferred", "later.json");
  const Changes changes = read(*watcher);
  CHECK(changes.deferred == std::vector<std::string>{"later.json"});
  CHECK(changes.pending.empty());
}

TEST_CASE("what leaves pending, and files that come and go in the queue itself, are no news") {
  const WatchedQueue queue;
  queue.bring("q/pending", "a.json");
  queue.bring("q/pending", "b.json");
  queue.write("q/stats.json.new");
  const auto watcher = open(queue);
  queue.move("q/pending/a.json", "q/completed/a.json");
  std::filesystem::remove(queue.path("q/pending/b.json"));
  queue.move("q/stats.json.new", "q/stats.json");
  std::filesystem::remove(queue.path("q/stats.json"));
  const Changes changes = read(*watcher);
  CHECK(changes.pending.empty());
  CHECK_FALSE(changes.rescan);
  CHECK_FALSE(changes.gone);
}

TEST_CASE("ten thousand arrivals are all told, in few reads") {
  const WatchedQueue queue;
  const auto watcher = open(queue);
  const std::string prefix = "05_000017673289631234";
  for (int i = 10'000; i < 20'000; ++i) queue.bring("q/pending", prefix + std::to_string(i) + ".json");
  std::set<std::string> names;
  int reads = 0;
  while (is_readable(*watcher)) {
    const Changes changes = read(*watcher);
    REQUIRE_FALSE(changes.rescan);
    names.insert(changes.pending.begin(), changes.pending.end());
    ++reads;
  }
  CHECK(names.size() == 10'000);
  CHECK(*names.begin() == prefix + "10000.json");
  CHECK(reads <= 3);
}

TEST_CASE("names of every length and byte come through") {
  const WatchedQueue queue;
  const auto watcher = open(queue);
  std::vector<std::string> names;
  for (std::size_t length = 1; length <= 255; ++length) {
    names.emplace_back(length, static_cast<char>(length == '/' || length == '.' ? 'x' : length));
    queue.bring("q/pending", names.back());
  }
  CHECK(read(*watcher).pending == names);
}

TEST_CASE("lost events ask for a rescan, and the watch goes on") {
  const WatchedQueue queue;
  std::unique_ptr<InotifyWatcher> watcher;
  long length = 0;
  {
    const EventQueueLength events;
    length = events.now();
    watcher = open(queue);
  }
  if (length > 200'000) {
    WARN("this system queues " << length << " events: too many to overflow here");
    return;
  }
  queue.bring("q/pending", "0.json");
  for (long i = 0; i <= length; ++i) {
    const std::string name = std::to_string(i % 2) + ".json";
    queue.move("q/pending/" + name, "q/pending/" + std::to_string((i + 1) % 2) + ".json");
  }
  bool rescan = false;
  while (is_readable(*watcher)) rescan = read(*watcher).rescan || rescan;
  CHECK(rescan);

  queue.bring("q/pending", "after.json");
  const Changes changes = read(*watcher);
  CHECK(changes.pending == std::vector<std::string>{"after.json"});
  CHECK_FALSE(changes.rescan);
}

TEST_CASE("a watched directory that is moved away is gone, and named") {
  const WatchedQueue queue;
  const auto watcher = open(queue);
  SECTION("the queue") {
    queue.move("q", "elsewhere");
    CHECK(read(*watcher).gone == queue.path("q"));
  }
  SECTION("pending") {
    queue.move("q/pending", "elsewhere");
    CHECK(read(*watcher).gone == queue.path("q/pending"));
  }
  SECTION("deferred, with another put in its place") {
    queue.move("q/deferred", "q/old");
    std::filesystem::create_directory(queue.path("q/deferred"));
    CHECK(read(*watcher).gone == queue.path("q/deferred"));
  }
  SECTION("one that is not watched itself") {
    queue.move("q/completed", "elsewhere");
    CHECK(read(*watcher).gone == queue.path("q/completed"));
  }
}

TEST_CASE("a watched directory that is removed is gone, and named") {
  const WatchedQueue queue;
  const auto watcher = open(queue);
  SECTION("pending") {
    std::filesystem::remove(queue.path("q/pending"));
    CHECK(read(*watcher).gone == queue.path("q/pending"));
  }
  SECTION("one that is not watched itself") {
    std::filesystem::remove(queue.path("q/completed"));
    CHECK(read(*watcher).gone == queue.path("q/completed"));
  }
  SECTION("the queue with all in it") {
    std::filesystem::remove_all(queue.path("q"));
    CHECK(read(*watcher).gone.has_value());
  }
}

TEST_CASE("what cannot be watched is an error that names it") {
  const WatchedQueue queue;
  WatchedPaths paths = queue.paths();
  SECTION("missing") {
    paths.deferred += "x";
    const auto watcher = InotifyWatcher::open(paths);
    REQUIRE(watcher.has_error());
    CHECK(watcher.error().kind == ErrorKind::not_found);
    CHECK(watcher.error().message().find(paths.deferred) != std::string::npos);
  }
  SECTION("a symlink to a directory") {
    std::filesystem::create_directory_symlink(paths.pending, queue.path("link"));
    paths.pending = queue.path("link");
    const auto watcher = InotifyWatcher::open(paths);
    REQUIRE(watcher.has_error());
    CHECK(watcher.error().kind == ErrorKind::wrong_type);
  }
  SECTION("a file") {
    queue.write("file");
    paths.queue = queue.path("file");
    const auto watcher = InotifyWatcher::open(paths);
    REQUIRE(watcher.has_error());
    CHECK(watcher.error().kind == ErrorKind::wrong_type);
  }
}

TEST_CASE("with no descriptors left inotify is not to be had, and the error says so") {
  const WatchedQueue queue;
  std::optional<Error> error;
  {
    const NoDescriptors limited;
    auto watcher = InotifyWatcher::open(queue.paths());
    if (!watcher) error = watcher.error();
  }
  REQUIRE(error);
  CHECK(error->kind == ErrorKind::too_many_files);
}

TEST_CASE("the watch is not inherited by programs that are started") {
  const WatchedQueue queue;
  const auto watcher = open(queue);
  CHECK((::fcntl(*watcher->descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
}
