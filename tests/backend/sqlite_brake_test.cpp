#include <catch2/catch.hpp>
#include <filesystem>

#include "backend/sqlite_bench.hpp"

using namespace spoold;
using namespace spoold::test;
using Catch::Matchers::Contains;
using std::chrono::seconds;

namespace {

// Ends only when it is interrupted. `verb` reads or writes.
std::string endless(const std::string& verb) {
  return Json{{"sql", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) " + verb}}.dump();
}
const std::string endless_read = endless("SELECT count(*) FROM n");
const std::string endless_write =
    endless("INSERT INTO item SELECT 1000 + i, 'x' FROM n WHERE i < 3 OR i > 1e15");

}  // namespace

TEST_CASE("a statement over its deadline is tried again later, and costs the others nothing") {
  for (const std::string& slow : {endless_read, endless_write}) {
    SqliteBench bench;
    bench.execute("CREATE TABLE tally(n INTEGER); INSERT INTO tally VALUES (0)");
    bench.clock.set_tick(seconds{1});
    const std::string count = R"({"sql": "UPDATE tally SET n = n + 1"})";
    const auto outcomes = SqliteBench::describe(bench.perform({count, slow, count}));
    CHECK(outcomes ==
          std::vector<std::string>{"done", "retry: still ran after statement_timeout, 30s", "done"});
    CHECK(bench.query("SELECT n FROM tally") == "2");
    CHECK(bench.query("SELECT count(*) FROM item") == "0");
    CHECK(bench.query("SELECT count(*) FROM spoold_ledger") == "2");
  }
}

TEST_CASE("a route's timeout goes over the backend's and bounds the whole entry") {
  SqliteBench bench;
  bench.clock.set_tick(seconds{1});
  CHECK(bench.perform_as(1, endless_read, seconds{7}) == "retry: still ran after the route's timeout of 7s");
  std::string many;
  for (int i = 0; i < 100; ++i) many += "SELECT 1;";
  CHECK_THAT(bench.perform_as(2, Json{{"sql", many}}.dump(), seconds{7}),
             Contains("of 100: still ran after the route's timeout of 7s"));
  CHECK(bench.perform_as(3, Json{{"sql", many}}.dump()) == "done");
}

TEST_CASE("a stop interrupts what runs, and nothing of its transaction stays") {
  for (const std::string& slow : {endless_read, endless_write}) {
    SqliteBench bench;
    CHECK(bench.open().empty());
    bench.clock.at_look(20, [&] { bench.backend().stop(); });
    const auto outcomes = bench.perform({slow, insert_item(1)});
    CHECK(to_string(outcomes[0]) == "interrupted");
    CHECK(to_string(outcomes[1]) == "interrupted");
    CHECK(bench.query("SELECT count(*) FROM item") == "0");
    CHECK(bench.query("SELECT count(*) FROM spoold_ledger") == "0");
  }
}

TEST_CASE("what ran before a stop is committed or given back, never half") {
  SqliteBench bench;
  CHECK(bench.open().empty());
  bench.clock.at_look(2, [&] { bench.backend().stop(); });
  const auto outcomes = bench.perform({insert_item(1), insert_item(2), insert_item(3), insert_item(4)});
  std::string done;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (std::holds_alternative<Done>(outcomes[i])) {
      done += (done.empty() ? "" : " ") + std::to_string(i + 1);
    } else {
      CHECK(SqliteBench::describe(outcomes[i]) == "interrupted: spoold is stopping");
    }
  }
  CHECK(std::holds_alternative<Done>(outcomes[0]));
  CHECK(std::holds_alternative<Interrupted>(outcomes[3]));
  CHECK(bench.query("SELECT id FROM item") == done);
}

TEST_CASE("after a stop nothing is begun") {
  SqliteBench bench;
  bench.backend().stop();
  bench.backend().stop();
  CHECK(bench.perform(insert_item(1)) == "interrupted: spoold is stopping");
  CHECK_THAT(bench.open(), Contains("stopping"));
  CHECK(bench.query("SELECT count(*) FROM item") == "0");
}

TEST_CASE("after a stop the database is whole in its one file") {
  SqliteBench bench;
  CHECK(bench.perform(insert_item(1)) == "done");
  CHECK(std::filesystem::exists(bench.path() + "-wal"));
  bench.backend().stop();
  bench.restart();
  CHECK_FALSE(std::filesystem::exists(bench.path() + "-wal"));
  CHECK(bench.query("SELECT id FROM item") == "1");
}

TEST_CASE("a stop ends the wait for a lock") {
  SqliteBench bench{[](SqliteOptions& options) { options.busy_timeout = std::chrono::hours{1}; }};
  CHECK(bench.open().empty());
  OtherConnection other{bench.path()};
  other.execute("BEGIN IMMEDIATE");
  bench.clock.at_look(3, [&] { bench.backend().stop(); });
  CHECK(bench.perform(insert_item(1)) == "interrupted: spoold is stopping");
}

TEST_CASE("a database locked for longer than busy_timeout is unavailable, and no entry is blamed") {
  SqliteBench bench{[](SqliteOptions& options) { options.busy_timeout = seconds{5}; }};
  CHECK(bench.open().empty());
  bench.clock.set_tick(seconds{1});
  {
    OtherConnection other{bench.path()};
    other.execute("BEGIN EXCLUSIVE");
    const auto outcomes = bench.perform({insert_item(1), insert_item(2)});
    for (const Outcome& outcome : outcomes) {
      CHECK_THAT(SqliteBench::describe(outcome), Contains("unavailable") &&
                                                     Contains("held by another connection") &&
                                                     Contains("database is locked"));
    }
    CHECK_THAT(bench.open(), Contains(""));
  }
  CHECK(bench.perform(insert_item(1)) == "done");
}

TEST_CASE("outside WAL a reader in the way of COMMIT makes the database unavailable") {
  SqliteBench bench{[](SqliteOptions& options) { options.journal_mode = "delete"; }};
  CHECK(bench.open().empty());
  {
    OtherConnection reader{bench.path()};
    reader.execute("BEGIN; SELECT * FROM item");
    CHECK_THAT(bench.perform(insert_item(1)), Contains("unavailable") && Contains("database is locked"));
    CHECK(reader.query("SELECT count(*) FROM item") == "0");
  }
  CHECK(bench.query("SELECT count(*) FROM item") == "0");
  CHECK(bench.perform(insert_item(1)) == "done");
}

TEST_CASE("an entry that is taken back while it runs is interrupted, and costs the others nothing") {
  for (const std::string& slow : {endless_read, endless_write}) {
    SqliteBench bench;
    CHECK(bench.open().empty());
    const std::uint64_t second = bench.last_seq() + 2;
    bench.clock.at_look(20, [&] { bench.backend().interrupt(second); });
    const auto outcomes = SqliteBench::describe(bench.perform({insert_item(1), slow, insert_item(3)}));
    CHECK(outcomes == std::vector<std::string>{"done", "interrupted: it was cancelled", "done"});
    CHECK(bench.query("SELECT id FROM item ORDER BY id") == "1 3");
    CHECK(bench.query("SELECT count(*) FROM spoold_ledger") == "2");
  }
}

TEST_CASE("an entry that is taken back before its turn is not run; after its turn it is done") {
  SqliteBench bench;
  CHECK(bench.open().empty());
  const std::uint64_t first = bench.last_seq() + 1;
  bench.clock.at_look(2, [&] {
    bench.backend().interrupt(first);
    bench.backend().interrupt(first + 3);
  });
  const auto outcomes = SqliteBench::describe(
      bench.perform({insert_item(1), insert_item(2), insert_item(3), insert_item(4), insert_item(5)}));
  CHECK(outcomes[3] == "interrupted: it was cancelled");
  CHECK(outcomes[4] == "done");
  CHECK(bench.query("SELECT count(*) FROM item WHERE id = 4") == "0");
  CHECK((outcomes[0] == "done") == (bench.query("SELECT count(*) FROM item WHERE id = 1") == "1"));
}

TEST_CASE("what is taken back is forgotten with its attempt, and ids that nothing runs for are let pass") {
  SqliteBench bench;
  CHECK(bench.open().empty());
  bench.backend().interrupt(bench.last_seq() + 1);
  CHECK(bench.perform(insert_item(1)) == "done");
  const std::uint64_t second = bench.last_seq() + 1;
  bench.clock.at_look(20, [&] { bench.backend().interrupt(second); });
  CHECK(bench.perform(endless_read) == "interrupted: it was cancelled");
  CHECK(bench.perform_as(second, insert_item(2)) == "done");
}
