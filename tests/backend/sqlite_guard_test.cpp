#include <catch2/catch.hpp>
#include <filesystem>

#include "backend/sqlite_bench.hpp"

using namespace spoold;
using namespace spoold::test;
using Catch::Matchers::Contains;

TEST_CASE("an entry cannot control the transaction, however it is spelled") {
  SqliteBench bench;
  for (const char* sql :
       {"COMMIT", "commit -- x", "/* hello */ COMMIT;", "END", "END TRANSACTION", "ROLLBACK", "BEGIN",
        "BEGIN IMMEDIATE", "-- x\nBEGIN EXCLUSIVE", "DELETE FROM item; COMMIT"}) {
    CAPTURE(sql);
    const auto outcomes = bench.perform({insert_item(1), Json{{"sql", sql}}.dump()});
    CHECK(to_string(outcomes[0]) == "done");
    CHECK_THAT(SqliteBench::describe(outcomes[1]),
               Contains("reject") &&
                   Contains("transaction control (BEGIN, COMMIT, ROLLBACK) is not allowed in an entry"));
    CHECK(bench.query("SELECT count(*) FROM item") == "1");
    bench.execute("DELETE FROM item");
  }
  for (const char* sql :
       {"SAVEPOINT entry", "RELEASE entry", "ROLLBACK TO entry", "ROLLBACK TO SAVEPOINT entry"}) {
    CAPTURE(sql);
    CHECK(bench.run(sql) == "reject: SAVEPOINT, RELEASE or ROLLBACK TO is not allowed in an entry");
  }
}

TEST_CASE("an entry cannot attach, change settings or load code") {
  SqliteBench bench;
  const std::string other = bench.directory() / "other.db";
  CHECK(bench.run("ATTACH '" + other + "' AS other") == "reject: ATTACH is not allowed in an entry");
  CHECK(bench.run("DETACH main") == "reject: DETACH is not allowed in an entry");
  for (const char* sql :
       {"PRAGMA writable_schema = ON", "PRAGMA foreign_keys = 1", "PRAGMA main.journal_mode = OFF",
        "PRAGMA synchronous = 0", "PRAGMA page_size = 512", "SELECT * FROM pragma_journal_mode",
        "PRAGMA user_version = 3", "PRAGMA table_info(item)", "PRAGMA wal_checkpoint"}) {
    CAPTURE(sql);
    CHECK(bench.run(sql) == "reject: PRAGMA is not allowed in an entry");
  }
  CHECK(bench.run("SELECT load_extension('x')") == "reject: load_extension() is not allowed in an entry");
  CHECK(bench.run("SELECT fts3_tokenizer('simple')") ==
        "reject: fts3_tokenizer() is not allowed in an entry");
  CHECK_THAT(bench.run("VACUUM"), Contains("reject") && Contains("cannot VACUUM from within a transaction"));
  CHECK_THAT(bench.run("VACUUM INTO '" + other + "'"), Contains("reject") && Contains("cannot VACUUM"));
  CHECK_THAT(bench.run("SELECT writefile('x', 'y')"), Contains("no such function"));
  CHECK_THAT(bench.run("UPDATE sqlite_schema SET sql = ''"),
             Contains("reject") && Contains("may not be modified"));
  CHECK(std::filesystem::exists(other) == false);
}

TEST_CASE("an entry cannot leave temporary objects to later ones") {
  SqliteBench bench;
  for (const char* sql :
       {"CREATE TEMP TABLE spoold_ledger(key, digest, entry, done_at)", "CREATE TABLE temp.x(y)",
        "CREATE VIEW temp.v AS SELECT 1", "CREATE TRIGGER temp.t AFTER INSERT ON item BEGIN SELECT 1; END",
        "CREATE VIRTUAL TABLE temp.words USING fts5(body)", "CREATE TEMPORARY VIEW v AS SELECT 1",
        "CREATE TEMP TRIGGER t AFTER INSERT ON item BEGIN DELETE FROM item; END"}) {
    CAPTURE(sql);
    CHECK(bench.run(sql) == "reject: CREATE TEMP is not allowed in an entry");
  }
}

TEST_CASE("an entry cannot change the ledger in any way") {
  SqliteBench bench;
  CHECK(bench.perform(insert_item(1)) == "done");
  for (const char* sql :
       {"DELETE FROM spoold_ledger", "DELETE FROM main.\"SPOOLD_LEDGER\"",
        "UPDATE spoold_ledger SET done_at = 0", "INSERT INTO [spoold_ledger] VALUES (1, x'', 1, 1)",
        "REPLACE INTO spoold_ledger VALUES (1, x'', 1, 1)", "DROP TABLE spoold_ledger",
        "ALTER TABLE spoold_ledger RENAME TO gone", "ALTER TABLE spoold_ledger ADD COLUMN more",
        "CREATE INDEX i ON spoold_ledger(entry)",
        "CREATE TRIGGER t AFTER INSERT ON spoold_ledger BEGIN DELETE FROM item; END",
        "WITH x AS (SELECT 1) DELETE FROM spoold_ledger"}) {
    CAPTURE(sql);
    CHECK(bench.run(sql) == "reject: changing the table spoold_ledger is not allowed in an entry");
  }
  CHECK_THAT(bench.run("CREATE TABLE spoold_ledger(x)"), Contains("reject"));
  CHECK(bench.query("SELECT count(*) FROM spoold_ledger") == "1");
}

TEST_CASE("an entry may read the ledger") {
  SqliteBench bench;
  CHECK(bench.run("INSERT INTO item SELECT 5, count(*) FROM spoold_ledger") == "done");
  CHECK(bench.query("SELECT value FROM item") == "1");
}

TEST_CASE("the application's own triggers and views cannot lead to the ledger") {
  SqliteBench bench;
  bench.execute(
      "CREATE TRIGGER wipe AFTER INSERT ON item BEGIN DELETE FROM spoold_ledger; END;"
      "CREATE VIEW done AS SELECT key FROM spoold_ledger;"
      "CREATE TRIGGER undo INSTEAD OF DELETE ON done BEGIN DELETE FROM spoold_ledger; END");
  CHECK(bench.perform(insert_item(1)) ==
        "reject: changing the table spoold_ledger is not allowed in an entry");
  CHECK(bench.run("DELETE FROM done") ==
        "reject: changing the table spoold_ledger is not allowed in an entry");
  CHECK(bench.run("SELECT * FROM done") == "done");
}

TEST_CASE("full-text and R-tree tables work, made and used by entries") {
  SqliteBench bench;
  CHECK(bench.run("CREATE VIRTUAL TABLE words USING fts5(body); INSERT INTO words VALUES ('hello world')") ==
        "done");
  CHECK(
      bench.run("INSERT INTO words VALUES ('hello again'); SELECT * FROM words WHERE words MATCH 'hello'") ==
      "done");
  CHECK(bench.run("CREATE VIRTUAL TABLE old USING fts4(body); INSERT INTO old VALUES ('hello')") == "done");
  CHECK(bench.run("CREATE VIRTUAL TABLE box USING rtree(id, x0, x1); INSERT INTO box VALUES (1, 0, 1)") ==
        "done");
  CHECK(bench.query("SELECT body FROM words") == "hello world hello again");
}

TEST_CASE("the application's trigger that keeps a full-text index runs for entries") {
  SqliteBench bench;
  bench.execute(
      "CREATE VIRTUAL TABLE words USING fts5(body);"
      "CREATE TRIGGER note AFTER INSERT ON item BEGIN INSERT INTO words VALUES (new.value); END");
  CHECK(bench.perform(insert_item(1)) == "done");
  CHECK(bench.query("SELECT count(*) FROM words") == "1");
}

TEST_CASE("ALTER TABLE works in an entry where SQLite checks the rows with a pragma of its own") {
  SqliteBench bench;
  CHECK(bench.run("ALTER TABLE item ADD COLUMN size INTEGER CHECK (size > 0)") == "done");
  CHECK(bench.run("INSERT INTO item VALUES (1, 'x', 0)") == "reject: CHECK constraint failed: size > 0");
}

TEST_CASE("a rejection of the guard is not taken for a fault of the next statement") {
  SqliteBench bench;
  CHECK(bench.run("PRAGMA foreign_keys") == "reject: PRAGMA is not allowed in an entry");
  CHECK(bench.run("SELECT absent") == "reject: no such column: absent");
}
