// What an entry's SQL may try, through the real daemon: it fails with its reason, as a whole, and leaves the
// database, its settings, the ledger and the entries around it as they would be without it.
#include <catch2/catch.hpp>
#include <filesystem>

#include "entry/json.hpp"
#include "integration/storm.hpp"

using namespace spoold::test;
using spoold::Json;

namespace {

struct Bad {
  std::string sql;
  std::string reason;  // part of what its file in failed/ says
};

const char* const transaction = "transaction control (BEGIN, COMMIT, ROLLBACK) is not allowed";
const char* const savepoint = "SAVEPOINT, RELEASE or ROLLBACK TO is not allowed";
const char* const pragma = "PRAGMA is not allowed";
const char* const ledger = "changing the table spoold_ledger is not allowed";
const char* const temporary = "CREATE TEMP is not allowed";

std::vector<Bad> corpus(const std::string& other) {
  const std::string bad = "INSERT INTO effect VALUES('bad'); ";
  return {// Several statements: all or none.
          {bad + "INSERT INTO nowhere VALUES(1)", "no such table: nowhere"},
          {bad + "SELECT", "incomplete input"},
          {bad + "INSERT INTO effect VALUES(NULL)", "NOT NULL constraint failed"},
          {"   -- nothing\n ; ; ", "statement"},
          // Transaction control, however it is spelled.
          {bad + "COMMIT", transaction},
          {bad + "COMMIT -- x", transaction},
          {bad + "/* a */ cOmMiT /* b */ TRANSACTION;", transaction},
          {bad + "END", transaction},
          {bad + "ROLLBACK", transaction},
          {bad + "\n\t-- x\nBEGIN IMMEDIATE", transaction},
          {bad + "SAVEPOINT mine", savepoint},
          {bad + "RELEASE mine", savepoint},
          {bad + "ROLLBACK TO mine", savepoint},
          // Other files.
          {"ATTACH '" + other + "' AS other", "ATTACH is not allowed"},
          {"ATTACH ':memory:' AS other", "ATTACH is not allowed"},
          {"DETACH main", "DETACH is not allowed"},
          {"VACUUM INTO '" + other + "'", "VACUUM"},
          {"SELECT writefile('" + other + "', 'x')", "no such function: writefile"},
          {"SELECT load_extension('" + other + "')", "load_extension() is not allowed"},
          {"SELECT fts3_tokenizer('simple', x'00')", "fts3_tokenizer() is not allowed"},
          // Settings.
          {bad + "PRAGMA writable_schema = ON", pragma},
          {bad + "PRAGMA foreign_keys = ON", pragma},
          {bad + "PRAGMA main.journal_mode = DELETE", pragma},
          {bad + "PRAGMA synchronous = OFF", pragma},
          {"SELECT * FROM pragma_table_info('effect')", pragma},
          {"UPDATE sqlite_schema SET sql = 'x'", "may not be modified"},
          // The ledger.
          {"DELETE FROM spoold_ledger", ledger},
          {"UPDATE main.[Spoold_Ledger] SET done_at = 0", ledger},
          {"INSERT OR REPLACE INTO spoold_ledger SELECT * FROM spoold_ledger", ledger},
          {"DROP TABLE spoold_ledger", ledger},
          {"ALTER TABLE spoold_ledger RENAME TO mine", ledger},
          {"ALTER TABLE spoold_ledger DROP COLUMN done_at", ledger},
          {"CREATE TRIGGER t AFTER INSERT ON spoold_ledger BEGIN DELETE FROM effect; END", ledger},
          {"CREATE TRIGGER t AFTER INSERT ON effect BEGIN DELETE FROM spoold_ledger; END; "
           "INSERT INTO effect VALUES('bad')",
           ledger},
          {"CREATE VIEW spoold_ledger AS SELECT 1", "spoold_ledger"},
          {"CREATE TEMP TABLE spoold_ledger(key, digest, entry, done_at)", temporary},
          {"CREATE TABLE temp.spoold_ledger(key)", temporary},
          {"CREATE TEMP VIEW spoold_ledger AS SELECT 1", temporary},
          {"ALTER TABLE guarded RENAME TO spoold_ledger", "spoold_ledger"},
          // What ends the transaction from within.
          {bad + "INSERT OR ROLLBACK INTO guarded VALUES(1, 'twice')", "ROLLBACK"},
          {bad + "INSERT INTO guarded VALUES(2, 'raise')", "no more"},
          // Values.
          {"INSERT INTO effect VALUES(?)", "takes 1 parameter"},
          {"SELECT zeroblob(2000000000)", "too big"}};
}

// The sort of settings that outlive a transaction.
std::string settings(const DaemonFixture& fixture) {
  std::string all;
  for (const char* each :
       {"PRAGMA journal_mode", "PRAGMA user_version", "PRAGMA integrity_check",
        "SELECT group_concat(type || name || coalesce(sql, ''), '|') FROM sqlite_schema"}) {
    all += fixture.sql(each).front() + "\n";
  }
  return all;
}

}  // namespace

TEST_CASE("hostile SQL fails with its reason, alone, and leaves nothing behind") {
  DaemonFixture fixture;
  fixture.sql(
      "CREATE TABLE guarded(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO guarded VALUES(1, 'one');"
      "CREATE TRIGGER no_more BEFORE INSERT ON guarded WHEN new.name = 'raise' "
      "BEGIN SELECT RAISE(ROLLBACK, 'no more'); END");
  fixture.enqueue(effect_sql("first"));
  REQUIRE(fixture.spoold({"--once"}).exit_status == 0);
  const std::string before = settings(fixture);

  const std::string other = fixture.path("other.db");
  const std::vector<Bad> all = corpus(other);
  Tags good{"first"};
  std::string lines;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string tag = std::to_string(i);
    lines += Json{{"operation", "bad"}, {"sql", all[i].sql}, {"key", "bad" + tag}}.dump() + "\n";
    lines += effect_json(tag) + "\n";
    good.insert(tag);
  }
  REQUIRE(fixture.spoolctl({"enqueue", "--jsonl"}, lines).exit_status == 0);
  const ProgramResult run = fixture.spoold({"--drain"});
  INFO(run.err);
  REQUIRE(run.exit_status == 0);

  CHECK(settings(fixture) == before);
  CHECK_FALSE(std::filesystem::exists(other));
  const auto effects = fixture.sql("SELECT tag FROM effect");
  CHECK(effects.size() == good.size());
  CHECK(Tags{effects.begin(), effects.end()} == good);
  CHECK(fixture.sql("SELECT count(*) FROM spoold_ledger").front() == std::to_string(good.size()));
  CHECK(fixture.sql("SELECT group_concat(id || name) FROM guarded").front() == "1one");
  CHECK(fixture.names("failed").size() == all.size());
  CHECK(fixture.names("completed").size() == good.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    INFO(all[i].sql);
    bool told = false;
    for (const std::string& name : fixture.names("failed")) {
      const auto entry = spoold::parse_json(fixture.text_of("failed", name));
      REQUIRE(entry.has_value());
      if ((*entry)["key"] != "bad" + std::to_string(i)) continue;
      INFO((*entry)["last_error"].dump());
      told = true;
      CHECK((*entry)["last_error"].dump().find(all[i].reason) != std::string::npos);
      CHECK(name.find(".a1.json") != std::string::npos);
    }
    CHECK(told);
  }
}

TEST_CASE("an endless statement ends at its deadline, its entry alone is tried again, and then fails") {
  DaemonFixture fixture;
  fixture.write_lanes(
      "",
      "retry: { max_retries: 1, initial: 10ms, jitter: none }\nbackends: { main: { type: sqlite, "
      "database: " +
          fixture.database() + ", statement_timeout: 200ms } }\n");
  fixture.enqueue(
      "INSERT INTO effect WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
      {"--priority", "1"});
  Tags good;
  for (int i = 0; i < 10; ++i) {
    fixture.enqueue(effect_sql(std::to_string(i)));
    good.insert(std::to_string(i));
  }
  REQUIRE(fixture.spoold({"--drain"}).exit_status == 0);
  const auto effects = fixture.sql("SELECT tag FROM effect");
  CHECK(effects.size() == good.size());
  CHECK(Tags{effects.begin(), effects.end()} == good);
  const std::string failed = fixture.text_of_only("failed");
  CHECK(failed.find("gave up after 2 attempts") != std::string::npos);
  for (const std::string& name : fixture.names("completed"))
    CHECK(name.find(".a1.json") != std::string::npos);
}
