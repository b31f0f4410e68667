#include <catch2/catch.hpp>

#include "backend/sqlite_bench.hpp"

using namespace spoold;
using namespace spoold::test;
using Catch::Matchers::Contains;
using Call = FaultyVfs::Call;
using Repeat = FaultyVfs::Repeat;
using Effect = FaultyVfs::Effect;

namespace {

struct Case {
  Call call;
  int code;
};

const std::vector<Case> cases{{Call::write, SQLITE_FULL},
                              {Call::write, SQLITE_IOERR_WRITE},
                              {Call::sync, SQLITE_IOERR_FSYNC},
                              {Call::read, SQLITE_IOERR_READ},
                              {Call::remove, SQLITE_IOERR_DELETE}};

std::string add_one(int id) {
  return Json{{"sql", "UPDATE tally SET n = n + 1; INSERT INTO item VALUES (?, zeroblob(9000))"},
              {"params", {id}}}
      .dump();
}

// A batch of three, its fault, and then the same three entries again once healed. True if the fault was met.
bool survives(const std::string& mode, const FaultyVfs::Fault& fault) {
  CAPTURE(mode, fault.code, fault.at, static_cast<int>(fault.repeat), static_cast<int>(fault.effect));
  SqliteBench bench{[&](SqliteOptions& options) { options.journal_mode = mode; }};
  bench.execute("CREATE TABLE tally(n INTEGER); INSERT INTO tally VALUES (0)");
  bench.disk.fail(fault);
  const std::uint64_t first = bench.last_seq() + 1;
  const auto outcomes = bench.perform({add_one(0), add_one(1), add_one(2)});
  const bool hit = bench.disk.hit();
  bench.disk.heal();
  bool all_done = true;
  for (const Outcome& outcome : outcomes) {
    INFO(SqliteBench::describe(outcome));
    const bool done = std::holds_alternative<Done>(outcome);
    CHECK((done || std::holds_alternative<Unavailable>(outcome)));
    all_done = all_done && done;
  }
  // What was called done is there, what was not is not there in part.
  const std::string after = bench.query("SELECT n, (SELECT count(*) FROM item) FROM tally");
  CHECK((after == "3|3" || (after == "0|0" && !all_done)));
  for (int id = 0; id < 3; ++id) {
    CHECK(bench.perform_as(first + static_cast<std::uint64_t>(id), add_one(id)) == "done");
  }
  CHECK(
      bench.query("SELECT n, (SELECT count(*) FROM item), (SELECT count(*) FROM spoold_ledger) FROM tally") ==
      "3|3|3");
  CHECK(bench.query("PRAGMA integrity_check") == "ok");
  return hit;
}

// The first call fails, then the second, and so on, until a run comes to its end without meeting the fault.
void survives_each(const std::string& mode, const Case& it, Repeat repeat, Effect effect) {
  int at = 1;
  while (survives(mode, {it.call, at, it.code, repeat, effect})) ++at;
  // Every mode writes and syncs; only some read again or remove files.
  CAPTURE(mode, it.code, at, static_cast<int>(repeat), static_cast<int>(effect));
  CHECK((at > 2 || it.call == Call::remove || it.call == Call::read));
}

}  // namespace

TEST_CASE("whichever call of a file fails, each entry takes effect once in the end") {
  for (const char* mode : {"wal", "delete", "truncate", "persist"}) {
    for (const Case& it : cases) {
      for (const Repeat repeat : {Repeat::once, Repeat::from_then_on}) {
        survives_each(mode, it, repeat, Effect::none);
        survives_each(mode, it, repeat, Effect::takes_place);
      }
    }
  }
}

TEST_CASE("a full disk is said, and the entries are neither rejected nor half done") {
  SqliteBench bench;
  CHECK(bench.open().empty());
  bench.disk.fail({Call::write, 1, SQLITE_FULL, Repeat::from_then_on});
  for (int i = 0; i < 2; ++i) {
    CHECK_THAT(bench.perform(insert_item(1)),
               Contains("unavailable: database " + bench.path() + " cannot grow") &&
                   Contains("database or disk is full"));
  }
  bench.disk.heal();
  CHECK(bench.perform(insert_item(1)) == "done");
  CHECK(bench.query("SELECT count(*), (SELECT count(*) FROM spoold_ledger) FROM item") == "1|1");
}

TEST_CASE("a COMMIT that failed without effect gives the entries back") {
  SqliteBench bench;
  CHECK(bench.open().empty());
  bench.disk.fail({Call::sync, 1, SQLITE_IOERR_FSYNC});
  CHECK_THAT(bench.perform(insert_item(1)),
             Contains("unavailable") && Contains("disk I/O error") && Contains("COMMIT failed"));
  CHECK(bench.disk.hit());
  CHECK(bench.query("SELECT count(*) FROM item") == "0");
  CHECK(bench.perform(insert_item(1)) == "done");
}

TEST_CASE("a COMMIT that failed although it took effect is found in the ledger") {
  SqliteBench bench{[](SqliteOptions& options) { options.journal_mode = "delete"; }};
  CHECK(bench.open().empty());
  // The journal is gone, and with it the way back; only the sync of the directory failed.
  bench.disk.fail({Call::remove, 1, SQLITE_IOERR_DIR_FSYNC, Repeat::once, Effect::takes_place});
  const auto outcomes = SqliteBench::describe(
      bench.perform({insert_item(1), R"js({"sql": "INSERT INTO missing VALUES (1)"})js", insert_item(2)}));
  CHECK(bench.disk.hit());
  CHECK(outcomes == std::vector<std::string>{"done", "reject: no such table: missing", "done"});
  CHECK(bench.query("SELECT id FROM item") == "1 2");
}

TEST_CASE("a COMMIT whose outcome cannot be asked yet is asked later") {
  SqliteBench bench{[](SqliteOptions& options) { options.journal_mode = "delete"; }};
  CHECK(bench.open().empty());
  bench.disk.fail({Call::remove, 1, SQLITE_IOERR_DELETE, Repeat::from_then_on});
  const auto first = bench.last_seq() + 1;
  CHECK_THAT(bench.perform(insert_item(1)), Contains("unavailable") && Contains("COMMIT failed"));
  CHECK(bench.disk.hit());
  bench.disk.heal();
  CHECK(bench.perform_as(first, insert_item(1)) == "done");
  CHECK(bench.query("SELECT count(*), (SELECT count(*) FROM spoold_ledger) FROM item") == "1|1");
}
