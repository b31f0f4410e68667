#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <random>

#include "backend/sqlite_bench.hpp"

// The power is cut at each call that SQLite makes for a batch; whatever was not synced may be lost. Then the
// daemon starts again, and the same entries are performed again, as the queue has them.

namespace spoold::test {

namespace {

using Outcomes = std::vector<Outcome>;

std::string add_one(int id) {
  return Json{{"sql", "UPDATE tally SET n = n + 1; INSERT INTO item VALUES (?, zeroblob(9000))"},
              {"params", {id}}}
      .dump();
}

bool all_done(const Outcomes& outcomes) {
  return std::all_of(outcomes.begin(), outcomes.end(),
                     [](const Outcome& outcome) { return std::holds_alternative<Done>(outcome); });
}

struct Course {
  bool cut = false;
  bool said_done = false;
  std::string after;  // effects, twice counted, and rows of the ledger
  std::string in_the_end;
};

constexpr const char* tell_all =
    "SELECT n || ' ' || (SELECT count(*) FROM item) || ' ' || (SELECT count(*) FROM spoold_ledger) FROM "
    "tally";

Course cut_at(int nth, const std::string& mode, const std::string& synchronous, std::mt19937_64& random) {
  SqliteBench bench{[&](SqliteOptions& options) {
    options.journal_mode = mode;
    options.synchronous = synchronous;
  }};
  bench.execute("CREATE TABLE tally(n INTEGER); INSERT INTO tally VALUES (0)");
  const std::uint64_t first = bench.last_seq() + 1;
  Course course;
  bench.disk.cut_power_at(nth);
  course.said_done = all_done(bench.perform({add_one(0), add_one(1), add_one(2)}));
  bench.restart();
  course.cut = bench.disk.hit();
  bench.disk.come_back([&](std::size_t options) { return random() % options; });
  std::filesystem::remove(bench.path() + "-shm");  // memory, which no reboot leaves
  course.after = bench.query(tell_all);
  REQUIRE(bench.query("PRAGMA integrity_check") == "ok");
  for (int id = 0; id < 3; ++id) {
    REQUIRE(bench.perform_as(first + static_cast<std::uint64_t>(id), add_one(id)) == "done");
  }
  course.in_the_end = bench.query(tell_all);
  return course;
}

}  // namespace

TEST_CASE("whenever the power is cut, each entry takes effect in the database once") {
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 random{seed};
  int cuts = 0;
  for (const char* mode : {"wal", "delete", "truncate", "persist"}) {
    for (int round = 0; round < 4; ++round) {
      bool cut = true;
      for (int nth = 1; cut; ++nth) {
        CAPTURE(seed, mode, round, nth);
        const Course course = cut_at(nth, mode, "full", random);
        cut = course.cut;
        if (cut) ++cuts;
        CHECK((course.after == "3 3 3" || (course.after == "0 0 0" && !course.said_done)));
        CHECK(course.in_the_end == "3 3 3");
      }
    }
  }
  std::printf("crash: %d power cuts of SQLite\n", cuts);
}

TEST_CASE("without a sync at COMMIT a power cut takes back what was called done") {
  std::mt19937_64 random{1};
  int taken_back = 0;
  bool cut = true;
  for (int nth = 1; cut; ++nth) {
    const Course course = cut_at(nth, "wal", "normal", random);
    cut = course.cut;
    if (course.said_done && course.after == "0 0 0") ++taken_back;
  }
  CHECK(taken_back > 0);
}

}  // namespace spoold::test
