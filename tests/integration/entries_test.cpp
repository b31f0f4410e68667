#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "integration/daemon_fixture.hpp"

using namespace spoold::test;

namespace {

std::string entry(const std::string& sql, const std::string& more = "") {
  return R"({"operation":"test","sql":")" + sql + "\"" + more + "}";
}

}  // namespace

TEST_CASE("entries dropped by hand under a name of their own are done as they are") {
  DaemonFixture fixture;
  fixture.sql(
      "CREATE TABLE sessions(id INTEGER PRIMARY KEY, checkpoint TEXT); INSERT INTO sessions VALUES(7, "
      "'old')");
  fixture.drop("3_1767328963N_50032.json",
               R"({"seq":"1767328963N_50032","priority":3,"operation":"update_checkpoint",)"
               R"("sql":"UPDATE sessions SET checkpoint = 'new' WHERE id = 7","metadata":{},)"
               R"("created_at":"2026-01-02T04:42:43Z","retries":0})");
  const ProgramResult run = fixture.spoold({"--once"});
  INFO(run.err);
  CHECK(run.exit_status == 0);
  CHECK(fixture.sql("SELECT checkpoint FROM sessions") == std::vector<std::string>{"new"});
  const auto completed = fixture.names("completed");
  REQUIRE(completed.size() == 1);
  CHECK(completed.front().substr(0, 3) == "03_");
  CHECK(completed.front().find("~3_1767328963N_50032.json") != std::string::npos);
}

TEST_CASE("each bad entry ends where it should, says why, and harms no good one around it") {
  DaemonFixture fixture{"settle_time: 100ms"};
  fixture.sql("CREATE TABLE once(id INTEGER PRIMARY KEY); INSERT INTO once VALUES(1)");
  struct Case {
    std::string name;
    std::string bytes;
    std::string folder;
    std::string reason;  // part of what spoolctl show prints
  };
  const std::vector<Case> cases{
      {"5_syntax.json", entry("INSRT INTO effect VALUES(1)"), "failed", "syntax error"},
      {"5_table.json", entry("INSERT INTO nowhere VALUES(1)"), "failed", "no such table: nowhere"},
      {"5_constraint.json", entry("INSERT INTO once VALUES(1)"), "failed", "UNIQUE constraint failed"},
      {"5_commit.json", entry("INSERT INTO effect VALUES('bad'); COMMIT"), "failed", "not allowed"},
      {"5_rollback.json", entry("INSERT OR ROLLBACK INTO once VALUES(1)"), "failed", "ROLLBACK"},
      {"5_attach.json", entry("ATTACH '/tmp/other.db' AS other"), "failed", "ATTACH"},
      {"5_pragma.json", entry("PRAGMA writable_schema = ON"), "failed", "PRAGMA"},
      {"5_ledger.json", entry("DELETE FROM spoold_ledger"), "failed", "spoold_ledger"},
      {"5_last.json", entry("INSERT INTO effect VALUES('bad'); INSERT INTO nowhere VALUES(1)"), "failed",
       "nowhere"},
      {"5_unparsable.json", "{\"operation\": nonsense}", "corrupt", "byte 15"},
      {"5_array.json", "[1, 2]", "corrupt", "object"},
      {"5_huge.json", entry(std::string(2 * 1024 * 1024, 'x')), "corrupt", "limit"},
      {"5_half.json", "{\"operation\":\"test\",\"sql\":\"INSERT", "corrupt", "byte"},
      {"5_empty.json", "", "corrupt", ""},
      {"5_expired.json", entry("INSERT INTO effect VALUES('bad')", R"(,"expires_at":"2020-01-01T00:00:00Z")"),
       "failed", "expired"},
  };
  int good = 0;
  const auto drop_good = [&] {
    fixture.drop("5_good" + std::to_string(good) + ".json",
                 entry("INSERT INTO effect VALUES('good" + std::to_string(good) + "')"));
    ++good;
  };
  for (const Case& bad : cases) {
    drop_good();
    fixture.drop(bad.name, bad.bytes);
  }
  std::filesystem::create_symlink("/etc/shadow", fixture.path("queue/pending/5_symlink.json"));
  REQUIRE(::mkfifo(fixture.path("queue/pending/5_fifo.json").c_str(), 0600) == 0);
  std::filesystem::create_directory(fixture.path("queue/pending/5_directory.json"));
  drop_good();

  const ProgramResult run = fixture.spoold({"--once"});
  INFO(run.err);
  CHECK(run.exit_status == 0);
  CHECK(fixture.sql("SELECT count(*) FROM effect") == std::vector<std::string>{std::to_string(good)});
  CHECK(fixture.sql("SELECT count(DISTINCT tag) FROM effect WHERE tag LIKE 'good%'").front() ==
        std::to_string(good));
  CHECK(fixture.names("completed").size() == static_cast<std::size_t>(good));
  CHECK(fixture.names("pending").empty());
  CHECK(fixture.names("processing").empty());

  for (const Case& bad : cases) {
    INFO(bad.name);
    const std::string label = bad.name.substr(0, bad.name.size() - 5);
    const auto lying = fixture.names(bad.folder);
    CHECK(std::any_of(lying.begin(), lying.end(), [&](const std::string& name) {
      return name.find(label + ".json") != std::string::npos;
    }));
    const ProgramResult shown = fixture.spoolctl({"show", bad.folder == "corrupt" ? bad.name : label});
    INFO(shown.out << shown.err);
    CHECK(shown.exit_status == 0);
    CHECK(shown.out.find(bad.reason) != std::string::npos);
  }
  for (const char* name : {"5_symlink.json", "5_fifo.json", "5_directory.json"}) {
    INFO(name);
    const auto lying = fixture.names("corrupt");
    CHECK(std::count(lying.begin(), lying.end(), name) == 1);
    CHECK(std::count(lying.begin(), lying.end(), std::string(name) + ".reason") == 1);
  }
}

TEST_CASE("lower priority numbers are done first, then what was enqueued first") {
  DaemonFixture fixture;
  for (const char* priority : {"9", "5", "1", "5", "10", "1"}) {
    fixture.enqueue("INSERT INTO effect SELECT '" + std::string(priority) + "/' || count(*) FROM effect",
                    {"--priority", priority});
  }
  CHECK(fixture.spoold({"--once"}).exit_status == 0);
  CHECK(fixture.sql("SELECT tag FROM effect ORDER BY rowid") ==
        std::vector<std::string>{"1/0", "1/1", "5/2", "5/3", "9/4", "10/5"});
}

TEST_CASE("the same key with the same content takes effect once, with other content it fails and says so") {
  DaemonFixture fixture;
  fixture.enqueue("INSERT INTO effect VALUES('a')", {"--key", "order-17"});
  fixture.enqueue("INSERT INTO effect VALUES('a')", {"--key", "order-17"});
  fixture.enqueue("INSERT INTO effect VALUES('b')", {"--key", "order-17"});
  CHECK(fixture.spoold({"--once"}).exit_status == 0);
  CHECK(fixture.sql("SELECT tag FROM effect") == std::vector<std::string>{"a"});
  CHECK(fixture.names("completed").size() == 2);
  const std::string failed = fixture.text_of_only("failed");
  CHECK(failed.find("order-17") != std::string::npos);
  CHECK(failed.find("other content") != std::string::npos);
}

TEST_CASE("the ledger and the effect are one transaction") {
  DaemonFixture fixture;
  fixture.enqueue("INSERT INTO effect VALUES('kept')");
  fixture.enqueue("INSERT INTO effect VALUES('lost'); INSERT INTO nowhere VALUES(1)");
  CHECK(fixture.spoold({"--once"}).exit_status == 0);
  CHECK(fixture.sql("SELECT tag FROM effect") == std::vector<std::string>{"kept"});
  CHECK(fixture.sql("SELECT count(*) FROM spoold_ledger").front() == "1");
  // The same entry again, as a power cut would leave it: committed, and back in pending/.
  const auto completed = fixture.names("completed");
  REQUIRE(completed.size() == 1);
  std::filesystem::rename(fixture.path("queue/completed/" + completed.front()),
                          fixture.path("queue/pending/" + completed.front()));
  CHECK(fixture.spoold({"--once"}).exit_status == 0);
  CHECK(fixture.sql("SELECT tag FROM effect") == std::vector<std::string>{"kept"});
  CHECK(fixture.names("completed").size() == 1);
}

TEST_CASE("an entry for later waits in deferred/ and is done when due") {
  DaemonFixture fixture;
  fixture.enqueue("INSERT INTO effect VALUES('later')", {"--not-before", "+1s"});
  CHECK(fixture.names("deferred").size() == 1);
  CHECK(fixture.spoold({"--once"}).exit_status == 0);
  CHECK(fixture.names("deferred").size() == 1);
  CHECK(fixture.spoold({"--drain"}).exit_status == 0);
  CHECK(fixture.sql("SELECT tag FROM effect") == std::vector<std::string>{"later"});
}

TEST_CASE("a failed entry that a person moves back to pending/ is tried again") {
  DaemonFixture fixture;
  fixture.enqueue("INSERT INTO later VALUES('x')");
  CHECK(fixture.spoold({"--once"}).exit_status == 0);
  const auto failed = fixture.names("failed");
  REQUIRE(failed.size() == 1);
  fixture.sql("CREATE TABLE later(tag TEXT)");
  std::filesystem::rename(fixture.path("queue/failed/" + failed.front()),
                          fixture.path("queue/pending/" + failed.front()));
  CHECK(fixture.spoold({"--once"}).exit_status == 0);
  CHECK(fixture.sql("SELECT tag FROM later") == std::vector<std::string>{"x"});
}
