#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>

#include "backend/sqlite_bench.hpp"
#include "support/page_table.hpp"

// The table of docs/verdicts.md, each row of it brought about in a real database.

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

namespace {

using Repeat = FaultyVfs::Repeat;
using Call = FaultyVfs::Call;

std::string with_fault(const FaultyVfs::Fault& fault) {
  SqliteBench bench;
  CHECK(bench.open().empty());
  bench.disk.fail(fault);
  return bench.perform(insert_item(1));
}

std::string with_file(const std::function<void(const std::string& path)>& change) {
  SqliteBench bench;
  change(bench.path());
  return bench.perform(insert_item(1));
}

std::string twice_under_one_key(const std::string& first, const std::string& second) {
  SqliteBench bench;
  CHECK(bench.perform(first) == "done");
  return bench.perform(second);
}

std::string locked() {
  SqliteBench bench{[](SqliteOptions& options) { options.busy_timeout = 5s; }};
  CHECK(bench.open().empty());
  bench.clock.set_tick(1s);
  OtherConnection other{bench.path()};
  other.execute("BEGIN EXCLUSIVE");
  return bench.perform(insert_item(1));
}

std::string against_a_deferred_constraint() {
  SqliteBench bench{[](SqliteOptions& options) { options.foreign_keys = true; }};
  bench.execute("CREATE TABLE child(item INTEGER REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED)");
  return bench.run("INSERT INTO child VALUES (99)");
}

std::string too_slow() {
  SqliteBench bench{[](SqliteOptions& options) { options.statement_timeout = 5s; }};
  CHECK(bench.open().empty());
  bench.clock.set_tick(1s);
  return bench.run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
}

std::string stopped() {
  SqliteBench bench;
  CHECK(bench.open().empty());
  bench.backend().stop();
  return bench.perform(insert_item(1));
}

std::string run(const std::string& sql) {
  return SqliteBench{}.run(sql);
}

// A page of the table in the middle of the file.
void damage(const std::string& path) {
  {
    OtherConnection other{path};
    other.execute(
        "INSERT INTO item SELECT value, hex(randomblob(2000)) FROM (WITH RECURSIVE n(value) AS (SELECT 100 "
        "UNION ALL SELECT value + 1 FROM n WHERE value < 200) SELECT value FROM n)");
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  const auto size = std::filesystem::file_size(path);
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  file.seekp(4096);
  file << std::string(size - 4096, '\xff');
}

void overwrite(const std::string& path) {
  std::ofstream{path} << std::string(8192, 'x');
}

}  // namespace

TEST_CASE("each way an entry can end in a database comes to what the page says") {
  const std::map<std::string, std::function<std::string()>> ways{
      {"the statements ran", [] { return run("INSERT INTO item VALUES (1, 'x')"); }},
      {"the ledger has this entry, with the same content",
       [] { return twice_under_one_key(insert_item(1, "k"), insert_item(1, "k")); }},
      {"the ledger has this `key`, with other content",
       [] { return twice_under_one_key(insert_item(1, "k"), insert_item(2, "k")); }},
      {"a syntax error, or a table or column that is not there",
       [] { return run("INSERT INTO nowhere VALUES (1)"); }},
      {"a constraint",
       [] { return run("INSERT INTO item VALUES (1, 'x'); INSERT INTO item VALUES (1, 'y')"); }},
      {"a deferred constraint, found at COMMIT", against_a_deferred_constraint},
      {"a conflict clause or trigger that rolls the transaction back",
       [] { return run("INSERT INTO item VALUES (1, 'x'); INSERT OR ROLLBACK INTO item VALUES (1, 'y')"); }},
      {"transaction control, ATTACH, PRAGMA, changes to the ledger", [] { return run("COMMIT"); }},
      {"a value or text that is too large", [] { return run("SELECT zeroblob(2147483647)"); }},
      {"a value of the wrong type for a key",
       [] { return run("INSERT INTO item VALUES ('no integer', 'x')"); }},
      {"a parameter without a value, or a value without a parameter",
       [] { return SqliteBench{}.perform(R"js({"sql": "SELECT ?", "params": []})js"); }},
      {"no `sql`, and no statement configured for the operation", [] { return SqliteBench{}.perform("{}"); }},
      {"a statement that takes longer than `statement_timeout`", too_slow},
      {"another connection holds a lock for longer than `busy_timeout`", locked},
      {"no space is left",
       [] {
         return with_fault({Call::write, 1, SQLITE_FULL, Repeat::from_then_on});
       }},
      {"the disk fails",
       [] {
         return with_fault({Call::write, 1, SQLITE_IOERR_WRITE, Repeat::from_then_on});
       }},
      {"the file is damaged", [] { return with_file(damage); }},
      {"the file is no database", [] { return with_file(overwrite); }},
      {"the file is missing, moved or replaced",
       [] { return with_file([](const std::string& path) { std::filesystem::remove(path); }); }},
      {"the daemon stops", stopped},
  };
  std::size_t found = 0;
  for (const auto& [what, verdict] :
       rows_of_table(SPOOLD_SOURCE_DIRECTORY "/docs/verdicts.md", "in the database")) {
    CAPTURE(what);
    const auto way = ways.find(what);
    REQUIRE(way != ways.end());
    const std::string outcome = way->second();
    CAPTURE(outcome);
    CHECK(outcome.substr(0, outcome.find(':')) == verdict);
    ++found;
  }
  CHECK(found == ways.size());
}
