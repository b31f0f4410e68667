#include <catch2/catch.hpp>

#include "backend/sqlite_bench.hpp"

using namespace spoold;
using namespace spoold::test;
using Catch::Matchers::Contains;

namespace {

using Words = std::vector<std::string>;

std::string entry(const std::string& sql) {
  return Json{{"sql", sql}}.dump();
}

Words words(const std::vector<Outcome>& outcomes) {
  Words all;
  for (const Outcome& outcome : outcomes) all.emplace_back(to_string(outcome));
  return all;
}

}  // namespace

TEST_CASE("a batch takes effect, and each of its entries is in the ledger") {
  SqliteBench bench;
  const auto outcomes = bench.perform({insert_item(1), insert_item(2), insert_item(3)});
  CHECK(words(outcomes) == Words{"done", "done", "done"});
  CHECK(bench.query("SELECT id FROM item") == "1 2 3");
  CHECK(bench.query("SELECT count(*), max(key), max(entry), typeof(max(key)), length(max(digest)) FROM "
                    "spoold_ledger") ==
        "3|" + std::to_string(bench.last_seq()) + "|" + std::to_string(bench.last_seq()) + "|integer|32");
  CHECK(bench.query("SELECT DISTINCT done_at FROM spoold_ledger") == "1767328963000000000");
}

TEST_CASE("a batch is one transaction") {
  SqliteBench bench;
  (void)bench.perform({insert_item(1), insert_item(2), insert_item(3)});
  // In the WAL a frame that ends a transaction states the size of the database, the others 0.
  const std::string wal = bench.directory().read("main.db-wal");
  int commits = 0;
  for (std::size_t frame = 32; frame + 24 <= wal.size(); frame += 24 + 4096) {
    commits += wal.substr(frame + 4, 4) == std::string(4, '\0') ? 0 : 1;
  }
  CHECK(commits == 1);
}

TEST_CASE("a bad entry in a batch is rejected alone, wherever it stands") {
  for (std::size_t bad = 0; bad < 3; ++bad) {
    SqliteBench bench;
    std::vector<std::string> documents{insert_item(1), insert_item(2), insert_item(3)};
    documents[bad] = entry("INSERT INTO item VALUES (7, 'x'); INSERT INTO missing VALUES (1)");
    const auto outcomes = bench.perform(documents);
    for (std::size_t i = 0; i < 3; ++i) CHECK(to_string(outcomes[i]) == (i == bad ? "reject" : "done"));
    CHECK(bench.query("SELECT count(*), sum(id = 7) FROM item") == "2|0");
    CHECK(bench.query("SELECT count(*) FROM spoold_ledger") == "2");
  }
}

TEST_CASE("a rejection gives SQLite's own text and which statement it was") {
  SqliteBench bench;
  (void)bench.perform(insert_item(1));
  CHECK(bench.run("INSERT INTO item VALUES (1, 'x')") == "reject: UNIQUE constraint failed: item.id");
  CHECK(bench.run("INSERT INTO missing VALUES (1)") == "reject: no such table: missing");
  CHECK(bench.run("INSERT INTO item(nope) VALUES (1)") == "reject: table item has no column named nope");
  CHECK(bench.run("INSERTT INTO item") == "reject: near \"INSERTT\": syntax error");
  CHECK(bench.run("INSERT INTO item VALUES ('text', 1)") == "reject: datatype mismatch");
  CHECK(bench.run("DELETE FROM item; /* ; */ SELEC 1; -- tail") ==
        "reject: statement 2 of 2: near \"SELEC\": syntax error");
  CHECK(
      bench.run(
          "DELETE FROM item; INSERT INTO item VALUES (2, 'a;b'); INSERT INTO item VALUES (2, 2); SELECT 1") ==
      "reject: statement 3 of 4: UNIQUE constraint failed: item.id");
  CHECK(bench.query("SELECT id FROM item") == "1");
}

TEST_CASE("several statements take effect all or none, and may build on each other") {
  SqliteBench bench;
  CHECK(bench.run("CREATE TABLE a(x); INSERT INTO a VALUES (1); CREATE TRIGGER t AFTER INSERT ON a BEGIN "
                  "UPDATE a SET "
                  "x = x + 1; END; INSERT INTO a VALUES (10);  ;; -- the end") == "done");
  CHECK(bench.query("SELECT x FROM a") == "2 11");
  CHECK_THAT(bench.run("INSERT INTO a VALUES (5); INSERT INTO nowhere VALUES (5)"),
             Contains("no such table"));
  CHECK(bench.query("SELECT x FROM a") == "2 11");
}

TEST_CASE("an SQL text without a statement is rejected") {
  SqliteBench bench;
  for (const char* sql : {"", "  \n\t", ";", " ;; ", "-- only a comment", "/* not closed"}) {
    CAPTURE(sql);
    CHECK(bench.run(sql) == "reject: sql holds no statement, only white space or comments");
  }
  CHECK(bench.perform(R"({"sql": "DELETE FROM item\u0000; garbage"})") ==
        "reject: sql contains a NUL character");
}

TEST_CASE("a result is read to its end and dropped") {
  SqliteBench bench;
  CHECK(
      bench.run(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n") ==
      "done");
  CHECK(bench.run("INSERT INTO item SELECT 9, 'x' RETURNING id") == "done");
  CHECK(bench.query("SELECT id FROM item") == "9");
}

TEST_CASE("an entry that was done before is done again without effect") {
  SqliteBench bench;
  bench.execute("CREATE TABLE tally(n INTEGER); INSERT INTO tally VALUES (0)");
  const std::string document = entry("UPDATE tally SET n = n + 1");
  CHECK(bench.perform_as(77, document) == "done");
  CHECK(bench.perform_as(77, document) == "done");
  bench.restart();
  CHECK(bench.perform_as(77, document) == "done");
  CHECK(bench.query("SELECT n FROM tally") == "1");
}

TEST_CASE("an entry edited after it was done is rejected") {
  SqliteBench bench;
  CHECK(bench.perform_as(77, insert_item(1)) == "done");
  CHECK(bench.perform_as(77, insert_item(2)) == "reject: this entry was done before with other content");
  CHECK(bench.query("SELECT id FROM item") == "1");
}

TEST_CASE("one key has one effect, in one batch or in several") {
  SqliteBench bench;
  bench.execute("CREATE TABLE tally(n INTEGER); INSERT INTO tally VALUES (0)");
  const std::string document = R"({"sql": "UPDATE tally SET n = n + 1", "key": "order-1"})";
  CHECK(words(bench.perform({document, document})) == Words{"done", "done"});
  CHECK(bench.perform(document) == "done");
  CHECK(bench.query("SELECT n FROM tally") == "1");
  CHECK(bench.query("SELECT key, typeof(key) FROM spoold_ledger") == "order-1|text");
}

TEST_CASE("the same key with other content is rejected and says which entry had it") {
  SqliteBench bench;
  CHECK(bench.perform(insert_item(1, "k")) == "done");
  const std::string first = format_id(bench.last_seq());
  CHECK(bench.perform(insert_item(2, "k")) ==
        "reject: the key 'k' was used before with other content (entry " + first + ")");
  CHECK(bench.query("SELECT id FROM item") == "1");
}

TEST_CASE("a key that looks like a seq is not that seq") {
  SqliteBench bench;
  CHECK(bench.perform_as(42, insert_item(1)) == "done");
  CHECK(bench.perform_as(43, insert_item(2, "42")) == "done");
  CHECK(bench.query("SELECT typeof(key), entry FROM spoold_ledger ORDER BY entry") == "integer|42 text|43");
}

TEST_CASE("a rejected entry leaves its key free") {
  SqliteBench bench;
  CHECK_THAT(bench.perform(R"js({"sql": "INSERT INTO missing VALUES (1)", "key": "k"})js"),
             Contains("no such table"));
  CHECK(bench.perform(insert_item(1, "k")) == "done");
}

TEST_CASE("OR ROLLBACK rejects its own entry and the others still take effect once") {
  SqliteBench bench;
  bench.execute(
      "CREATE TABLE tally(n INTEGER); INSERT INTO tally VALUES (0); INSERT INTO item VALUES (1, 'taken')");
  const std::string count = entry("UPDATE tally SET n = n + 1");
  const auto outcomes =
      bench.perform({count, entry("INSERT OR ROLLBACK INTO item VALUES (1, 'x')"), count,
                     entry("INSERT OR ROLLBACK INTO item VALUES (1, 'y'); DELETE FROM tally"), count});
  CHECK(words(outcomes) == Words{"done", "reject", "done", "reject", "done"});
  CHECK_THAT(SqliteBench::describe(outcomes[1]),
             Contains("UNIQUE constraint failed: item.id") && Contains("ROLLBACK"));
  CHECK_THAT(SqliteBench::describe(outcomes[3]), Contains("statement 1 of 2"));
  CHECK(bench.query("SELECT n FROM tally") == "3");
  CHECK(bench.query("SELECT count(*) FROM spoold_ledger") == "3");
}

TEST_CASE("RAISE(ROLLBACK) in the application's own trigger rejects only the entry that fired it") {
  SqliteBench bench;
  bench.execute(
      "CREATE TRIGGER no_nine BEFORE INSERT ON item WHEN new.id = 9 BEGIN SELECT RAISE(ROLLBACK, 'no "
      "nines'); END");
  const auto outcomes = bench.perform({insert_item(1), insert_item(9), insert_item(2)});
  CHECK(words(outcomes) == Words{"done", "reject", "done"});
  CHECK_THAT(SqliteBench::describe(outcomes[1]), Contains("no nines"));
  CHECK(bench.query("SELECT id FROM item") == "1 2");
}

TEST_CASE("OR FAIL leaves nothing of the rows before the failure") {
  SqliteBench bench;
  (void)bench.perform(insert_item(2));
  CHECK_THAT(bench.run("INSERT OR FAIL INTO item VALUES (1, 'x'), (2, 'x'), (3, 'x')"), Contains("UNIQUE"));
  CHECK(bench.query("SELECT id FROM item") == "2");
}

TEST_CASE("a deferred foreign key rejects the entry that broke it, not the batch") {
  SqliteBench bench{[](SqliteOptions& options) { options.foreign_keys = true; }};
  bench.execute("CREATE TABLE child(item REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED)");
  const auto outcomes =
      bench.perform({insert_item(1), entry("INSERT INTO child VALUES (99)"),
                     entry("INSERT INTO child VALUES (5); INSERT INTO item VALUES (5, 'later')"),
                     entry("INSERT INTO child VALUES (1)")});
  CHECK(words(outcomes) == Words{"done", "reject", "done", "done"});
  CHECK_THAT(SqliteBench::describe(outcomes[1]), Contains("FOREIGN KEY constraint failed"));
  CHECK(bench.query("SELECT item FROM child") == "5 1");
}

TEST_CASE("foreign keys are checked only where configured") {
  SqliteBench bench;
  bench.execute("CREATE TABLE child(item REFERENCES item(id))");
  CHECK(bench.run("INSERT INTO child VALUES (99)") == "done");
}

TEST_CASE("a value over the limit is the entry's fault") {
  SqliteBench bench;
  CHECK(bench.run("INSERT INTO item VALUES (1, zeroblob(500000000))") == "reject: string or blob too big");
}

TEST_CASE("a statement kept from an earlier entry survives a change of the schema") {
  SqliteBench bench;
  CHECK(bench.perform(insert_item(1)) == "done");
  CHECK(bench.run("ALTER TABLE item ADD COLUMN extra") == "done");
  CHECK(bench.perform(insert_item(2)) == "reject: table item has 3 columns but 2 values were supplied");
  bench.execute("DROP TABLE item");
  CHECK(bench.perform(insert_item(3)) == "reject: no such table: item");
}

TEST_CASE("more texts than are kept do not disturb each other") {
  SqliteBench bench;
  std::vector<std::string> documents;
  for (int round = 0; round < 2; ++round) {
    for (int id = 0; id < 150; ++id) {
      documents.push_back(entry("INSERT INTO item VALUES (" + std::to_string(id + round * 1000) + ", 'x')"));
    }
  }
  for (const Outcome& outcome : bench.perform(documents)) CHECK(to_string(outcome) == "done");
  CHECK(bench.query("SELECT count(*) FROM item") == "300");
}

TEST_CASE("an entry without sql runs the statement configured for its operation") {
  SqliteBench bench{[](SqliteOptions& options) {
    options.statements["add"] = "INSERT INTO item VALUES (:id, :value)";
    options.statements["move"] = "UPDATE item SET id = ?2 WHERE id = ?1; UPDATE item SET value = ?";
  }};
  CHECK(bench.perform(R"({"operation": "add", "params": {"id": 1, "value": "one"}})") == "done");
  CHECK(bench.perform(R"({"operation": "add", "params": {"id": 2, "value": "two"}})") == "done");
  CHECK(bench.perform(R"({"operation": "move", "params": [1, 10, "v"]})") == "done");
  CHECK(bench.query("SELECT id, value FROM item") == "2|v 10|v");
  CHECK(bench.perform(R"({"operation": "remove"})") ==
        "reject: the entry has no sql, and no statement is configured for the operation 'remove'; there are: "
        "add, "
        "move");
}

TEST_CASE("without sql and without configured statements the rejection says so") {
  SqliteBench bench;
  CHECK(bench.perform(R"({"operation": "add"})") ==
        "reject: the entry has no sql, and no statement is configured for the operation 'add' (none is "
        "configured at "
        "all)");
}
