#include "store/cleanup.hpp"

#include <catch2/catch.hpp>

#include "os/gzip.hpp"
#include "support/temp_queue.hpp"

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

namespace {

const std::atomic<bool> never_stop{false};

// A queue with entries that are over, and its archive.
class Settled {
 public:
  TempQueue queue;

  // A settled entry of this age. Nobody can set a ctime: the clock is moved instead, by advance().
  std::string settle(State state, const std::string& json = R"({"operation":"greet","sql":"SELECT 1"})") {
    const std::string name = queue.enqueue(json);
    if (!queue.files().rename_new(queue.layout().directory(State::pending), name,
                                  queue.layout().directory(state), name)) {
      throw std::runtime_error("cannot settle");
    }
    return name;
  }

  Directory archive() {
    const auto opened = open_archive(queue.files(), queue.layout());
    REQUIRE(opened.has_value());
    return *opened;
  }

  Result<CleanupReport> clean(CleanupOptions options = trusting()) {
    auto cleanup = Cleanup::begin(queue.files(), queue.layout(), archive(), queue.clock(), std::move(options),
                                  never_stop);
    if (!cleanup) return cleanup.error();
    for (;;) {
      const auto more = (*cleanup)->step();
      if (!more) return more.error();
      if (!*more) return (*cleanup)->report();
    }
  }

  static CleanupOptions trusting() {
    CleanupOptions options;
    options.trust_clock = true;
    return options;
  }

  // Every line of the archive, as JSON.
  std::vector<Json> lines() {
    std::vector<Json> found;
    const auto names = list_archive(queue.files(), archive());
    REQUIRE(names.has_value());
    for (const auto& name : *names) {
      auto reader = GzipLines::open(archive().handle, name);
      REQUIRE(reader.has_value());
      for (;;) {
        const auto line = reader->next();
        REQUIRE(line.has_value());
        if (!*line) break;
        found.push_back(*parse_json(**line));
      }
    }
    return found;
  }
};

}  // namespace

TEST_CASE("completed entries go to the archive after a day, whole, and not before") {
  Settled kept;
  const std::string name =
      kept.settle(State::completed, R"({"operation":"chat","body":{"prompt":"äöü"},"x":1})");
  kept.queue.clock().set_wall(SystemClock().wall_now() + 23h);
  CHECK(kept.clean()->archived == 0);
  kept.queue.clock().advance(2h);
  CHECK(kept.clean()->archived == 1);
  CHECK(kept.queue.names(State::completed).empty());
  const auto lines = kept.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0]["id"] == format_id(seq_of(name)));
  CHECK(lines[0]["file"] == name);
  CHECK(lines[0]["entry"]["body"]["prompt"] == "äöü");
  CHECK(lines[0]["entry"]["x"] == 1);
}

TEST_CASE("later entries of a day are put behind the earlier ones") {
  Settled kept;
  for (int i = 0; i < 3; ++i) {
    kept.settle(State::completed);
    kept.queue.clock().advance(48h);
    CHECK(kept.clean()->archived == 1);
  }
  CHECK(kept.lines().size() == 3);
}

TEST_CASE("the oldest beyond a count go before their age") {
  Settled kept;
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) names.push_back(kept.settle(State::completed));
  auto options = Settled::trusting();
  options.retention.completed = {.count = 2};
  CHECK(kept.clean(options)->archived == 3);
  CHECK(kept.queue.names(State::completed) == std::vector<std::string>{names[3], names[4]});
}

TEST_CASE("the oldest beyond so many bytes go before their age") {
  Settled kept;
  for (int i = 0; i < 4; ++i) kept.settle(State::failed);
  const auto one = kept.queue.read(State::failed, kept.queue.names(State::failed)[0]).size();
  auto options = Settled::trusting();
  options.retention.failed = {.bytes = 2 * one};
  CHECK(kept.clean(options)->removed_from(State::failed) == 2);
  CHECK(kept.queue.names(State::failed).size() == 2);
}

TEST_CASE("completed entries can be removed instead of archived") {
  Settled kept;
  kept.settle(State::completed);
  kept.queue.clock().advance(48h);
  auto options = Settled::trusting();
  options.retention.then = AfterKeeping::remove;
  const auto report = kept.clean(options);
  CHECK(report->removed_from(State::completed) == 1);
  CHECK(kept.lines().empty());
}

TEST_CASE("failed and cancelled entries go after a week, corrupt files with their reasons after a month") {
  Settled kept;
  kept.settle(State::failed);
  kept.settle(State::cancelled);
  kept.queue.drop("x.json", "?", 0s, State::corrupt);
  kept.queue.drop("x.json.reason", "no entry", 0s, State::corrupt);
  kept.queue.clock().advance(24h * 6);
  CHECK_FALSE(kept.clean()->anything());
  kept.queue.clock().advance(48h);
  const auto week = kept.clean();
  CHECK(week->removed_from(State::failed) == 1);
  CHECK(week->removed_from(State::cancelled) == 1);
  CHECK(week->removed_from(State::corrupt) == 0);
  kept.queue.clock().advance(24h * 30);
  CHECK(kept.clean()->removed_from(State::corrupt) == 1);
  CHECK(kept.queue.names(State::corrupt).empty());
}

TEST_CASE("nothing is removed for its age on one reading of the clock, but archived it is") {
  Settled kept;
  kept.settle(State::failed);
  kept.settle(State::completed);
  kept.queue.clock().advance(24h * 365);
  const auto first = kept.clean(CleanupOptions{});
  CHECK_FALSE(first->clock_trusted);
  CHECK(first->removed_from(State::failed) == 0);
  CHECK(first->archived == 1);
  kept.queue.clock().advance(1h);
  const auto second = kept.clean(CleanupOptions{});
  CHECK(second->clock_trusted);
  CHECK(second->removed_from(State::failed) == 1);
  kept.settle(State::failed);
  kept.queue.clock().advance(24h * 365);
  CHECK(kept.clean(CleanupOptions{})->removed_from(State::failed) == 0);
}

TEST_CASE("old files of the archive go, by the day in their names") {
  Settled kept;
  kept.settle(State::completed);
  kept.queue.clock().advance(48h);
  REQUIRE(kept.clean()->archived == 1);
  kept.queue.clock().advance(24h * 27);
  CHECK(kept.clean()->archive_files_removed == 0);
  kept.queue.clock().advance(24h * 4);
  CHECK(kept.clean()->archive_files_removed == 1);
  CHECK(kept.lines().empty());
}

TEST_CASE("a dry run names exactly what would go, and changes nothing") {
  Settled kept;
  const std::string done = kept.settle(State::completed);
  const std::string failed = kept.settle(State::failed);
  kept.settle(State::cancelled);
  kept.queue.clock().advance(24h * 8);
  auto options = Settled::trusting();
  options.retention.cancelled = {};
  options.dry_run = true;
  std::vector<std::string> items;
  options.on_item = [&](const char* action, const std::string& path) {
    items.push_back(std::string(action) + " " + path);
  };
  REQUIRE(kept.clean(options).has_value());
  CHECK(items == std::vector<std::string>{"archive completed/" + done, "remove failed/" + failed});
  CHECK(kept.queue.names(State::completed).size() == 1);
  CHECK(kept.queue.names(State::failed).size() == 1);
  CHECK(kept.lines().empty());
}

TEST_CASE("what is no entry stays in completed, and is told") {
  Settled kept;
  kept.queue.drop("05_00000000000000000007.a1.json", "{half", 0s, State::completed);
  kept.queue.clock().advance(48h);
  const auto report = kept.clean();
  CHECK(report->archived == 0);
  REQUIRE(report->problems.size() == 1);
  CHECK_THAT(report->problems[0], Catch::Contains("completed/05_00000000000000000007.a1.json: "));
}

TEST_CASE("one cleanup at a time") {
  Settled kept;
  const auto lock = FileLock::take(kept.archive().handle, lock_name);
  REQUIRE(lock.has_value());
  const auto second = kept.clean();
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().kind == ErrorKind::busy);
}

TEST_CASE("a long log is copied aside and emptied in place, so that its writer goes on") {
  Settled kept;
  const std::string log = kept.queue.path() + "/worker.log";
  REQUIRE(
      kept.queue.files().append(kept.queue.layout().queue(), worker_log_name, std::string(1500, 'x'), 0600));
  auto options = Settled::trusting();
  options.log_bytes_max = 1000;
  const auto before = kept.queue.files().status(kept.queue.layout().queue(), worker_log_name);
  CHECK(kept.clean(options)->log_rotated);
  const auto after = kept.queue.files().status(kept.queue.layout().queue(), worker_log_name);
  CHECK(after->inode == before->inode);
  CHECK(after->size == 0);
  CHECK(kept.queue.files().status(kept.queue.layout().queue(), worker_log_old_name)->size == 1500);
  CHECK_FALSE(kept.clean(options)->log_rotated);
}

TEST_CASE("temporary files go after a day and a half") {
  Settled kept;
  REQUIRE(
      kept.queue.files().write_new(kept.queue.layout().staging(), "left", "x", 0600, Durability::unsynced));
  kept.queue.clock().set_wall(SystemClock().wall_now() + 35h);
  CHECK(kept.clean()->staging_removed == 0);
  kept.queue.clock().advance(2h);
  CHECK(kept.clean()->staging_removed == 1);
  CHECK(kept.queue.staged().empty());
}
