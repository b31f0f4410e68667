#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "entry/entry_format.hpp"
#include "entry/entry_name.hpp"
#include "integration/daemon_fixture.hpp"

using namespace spoold::test;
using Catch::Contains;

namespace {

std::string line(const std::string& sql, const std::string& more = "") {
  return R"({"operation":"test","sql":")" + sql + "\"" + more + "}\n";
}

std::string effect(const std::string& tag) {
  return line("INSERT INTO effect(tag) VALUES('" + tag + "')");
}

std::string effects(const std::string& prefix, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += effect(prefix + std::to_string(i));
  return text;
}

// The id that "enqueued N entries in bundle ID" tells.
std::uint64_t enqueue_bundle(const DaemonFixture& fixture, const std::string& text) {
  const ProgramResult result = fixture.spoolctl({"enqueue", "--bundle", "--json"}, text);
  INFO(result.err);
  REQUIRE(result.exit_status == 0);
  const auto told = spoold::parse_json(result.out);
  REQUIRE(told.has_value());
  REQUIRE((*told)["bundles"].size() == 1);
  return *spoold::parse_id((*told)["bundles"][0].get<std::string>());
}

std::string id(std::uint64_t bundle, int line) {
  return spoold::format_id(bundle + static_cast<std::uint64_t>(line));
}

void nap(std::mt19937& random, long most) {
  const timespec duration{0, static_cast<long>(random() % static_cast<unsigned long>(most))};
  ::nanosleep(&duration, nullptr);
}

}  // namespace

TEST_CASE(
    "a bundle that is written line by line in pending/ itself is taken when its writer is done, whole") {
  DaemonFixture fixture{"idle_exit: 0, settle_time: 1h"};
  const auto daemon = fixture.start_spoold();
  std::ofstream writer{fixture.queue() + "/pending/rows.jsonl"};
  for (int i = 0; i < 3; ++i) {
    writer << effect("row" + std::to_string(i)) << std::flush;
    // What comes after it is done before the daemon is told of the next line.
    fixture.enqueue("INSERT INTO effect(tag) VALUES('single')");
    fixture.wait_for_names("completed", static_cast<std::size_t>(i) + 1);
    CHECK(fixture.names("pending") == std::vector<std::string>{"rows.jsonl"});
  }
  writer.close();
  fixture.wait_for_names("completed", 4);
  CHECK(fixture.sql("SELECT count(*) FROM effect WHERE tag LIKE 'row%'") == std::vector<std::string>{"3"});
}

TEST_CASE("ten thousand lines are enqueued as one file, done once each, and told as entries") {
  DaemonFixture fixture;
  const std::uint64_t bundle = enqueue_bundle(fixture, effects("t", 10'000));
  CHECK(fixture.names("pending").size() == 1);
  CHECK_THAT(fixture.spoolctl({"status"}).out, Contains("10,000"));
  const ProgramResult run = fixture.spoold({"--once"});
  INFO(run.err);
  REQUIRE(run.exit_status == 0);
  CHECK(fixture.sql("SELECT count(DISTINCT tag) || ' of ' || count(*) FROM effect").front() ==
        "10000 of 10000");
  CHECK(fixture.sql("SELECT count(*) FROM spoold_ledger").front() == "10000");
  CHECK(fixture.sql("SELECT min(key) FROM spoold_ledger").front() == std::to_string(bundle + 1));
  CHECK(fixture.names("completed").size() == 1);
  const auto stats = spoold::parse_json(fixture.spoolctl({"status", "--json"}).out);
  REQUIRE(stats.has_value());
  CHECK((*stats)["counts"]["completed"] == 10'000);
}

TEST_CASE(
    "bad lines of every kind leave their bundle, each to where it belongs, and the good ones are done") {
  DaemonFixture fixture{"", "statement_timeout: 200ms"};
  fixture.sql("CREATE TABLE once(id INTEGER PRIMARY KEY); INSERT INTO once VALUES(1)");
  const std::string endless =
      "WITH RECURSIVE c(x) AS (VALUES(2) UNION ALL SELECT x+1 FROM c) INSERT INTO once SELECT x FROM c";
  const std::vector<std::pair<std::string, std::string>> lines{
      {effect("first"), "completed"},
      {line("INSRT"), "failed"},
      {line("INSERT INTO nowhere VALUES(1)"), "failed"},
      {line("INSERT INTO once VALUES(1)"), "failed"},
      {line("INSERT INTO effect VALUES('bad'); COMMIT"), "failed"},
      {line("INSERT OR ROLLBACK INTO once VALUES(1)"), "failed"},
      {line("DELETE FROM spoold_ledger"), "failed"},
      {line(endless), "deferred"},
      {"{\"operation\":\"test\",\n", "corrupt"},
      {"{\"operation\":\"a\",\"operation\":\"b\"}\n", "corrupt"},
      {"{\"operation\":\"\xff\"}\n", "corrupt"},
      {std::string("{\"operation\":\"a\0b\"}\n", 20), "corrupt"},
      {"null\n", "corrupt"},
      {line("SELECT 1", R"(,"expires_at":"2001-01-01T00:00:00Z")"), "failed"},
      {line("SELECT 1", R"(,"not_before":"2250-01-01T00:00:00Z")"), "deferred"},
      {line("INSERT INTO effect(tag) VALUES('keyed')", R"(,"key":"k")"), "completed"},
      {line("INSERT INTO effect(tag) VALUES('keyed')", R"(,"key":"k")"), "completed"},
      {line("INSERT INTO effect(tag) VALUES('other')", R"(,"key":"k")"), "failed"},
      {effect("last"), "completed"}};
  std::string text;
  for (const auto& [bytes, folder] : lines) text += bytes;
  fixture.drop("rows.jsonl", text);
  const ProgramResult run = fixture.spoold({"--once"});
  INFO(run.err);
  REQUIRE(run.exit_status == 0);
  CHECK(fixture.sql("SELECT group_concat(tag, ' ') FROM effect").front() == "first keyed last");

  const auto completed = fixture.names("completed");
  REQUIRE(completed.size() == 1);
  const auto bundle = spoold::parse_entry_name(completed.front());
  REQUIRE(bundle);
  CHECK(bundle->label == "rows");
  CHECK(bundle->lines == lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    INFO("line " << i + 1 << ": " << lines[i].first);
    const auto shown = spoold::parse_json(
        fixture.spoolctl({"show", "--json", id(bundle->seq, static_cast<int>(i) + 1)}).out);
    REQUIRE(shown.has_value());
    CHECK((*shown)["state"] == lines[i].second);
    if (lines[i].second == "completed") {
      CHECK((*shown)["line"] == i + 1);
      CHECK((*shown)["bundle"] == spoold::format_id(bundle->seq));
    } else {
      CHECK_FALSE(shown->contains("line"));
    }
    if (lines[i].second == "corrupt") {
      CHECK_THAT((*shown)["reason"].get<std::string>(),
                 Contains("line " + std::to_string(i + 1) + " of bundle"));
    }
  }
  CHECK_THAT(fixture.spoolctl({"verify"}).out + fixture.spoolctl({"verify"}).err, !Contains("duplicate"));
}

TEST_CASE("lines take effect once while the daemon is killed at random") {
  constexpr int bundles = 12;
  constexpr int lines = 2'000;
  constexpr int kills = 40;
  DaemonFixture fixture{"max_crashes: 1000"};
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  for (int i = 0; i < bundles; ++i) {
    std::string text;
    for (int k = 0; k < lines; ++k) {
      const std::string tag = "b" + std::to_string(i) + "." + std::to_string(k);
      text += k % 500 == 7 ? line("INSERT INTO nowhere VALUES(1)", R"(,"metadata":{"tag":")" + tag + "\"}")
                           : effect(tag);
    }
    enqueue_bundle(fixture, text);
  }
  for (int i = 0; i < kills; ++i) {
    Program daemon{{SPOOLD_PROGRAM, "--config", fixture.config(), "--log-format", "text"}};
    nap(random, 120'000'000);
    daemon.send_signal(SIGKILL);
    REQUIRE(daemon.wait().signal == SIGKILL);
  }
  const ProgramResult drained = fixture.spoold({"--once"});
  INFO(drained.err);
  REQUIRE(drained.exit_status == 0);
  constexpr int bad = bundles * lines / 500;
  CHECK(fixture.sql("SELECT count(DISTINCT tag) FROM effect").front() ==
        std::to_string(bundles * lines - bad));
  CHECK(fixture.sql("SELECT count(*) FROM effect").front() == std::to_string(bundles * lines - bad));
  CHECK(fixture.names("failed").size() == bad);
  for (const char* folder : {"pending", "processing", "deferred", "corrupt"}) {
    INFO(folder);
    CHECK(fixture.names(folder).empty());
  }
  const ProgramResult verified = fixture.spoolctl({"verify"});
  INFO(verified.out << verified.err);
  CHECK(verified.out.find("duplicate") == std::string::npos);
  // Taken apart or not: nothing is told twice.
  const ProgramResult exported = fixture.spoolctl({"export", "--fields", "id"});
  std::multiset<std::string> ids;
  std::istringstream rows{exported.out};
  for (std::string row; std::getline(rows, row);) ids.insert(row);
  CHECK(ids.size() == bundles * lines - bad);
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == ids.size());
}

TEST_CASE("a bundle waits while its database is out of order, and burns no attempt") {
  DaemonFixture fixture;
  const auto daemon = fixture.start_spoold();
  enqueue_bundle(fixture, effects("first", 1));
  fixture.wait_until("SELECT count(*) FROM effect", "1");
  std::filesystem::rename(fixture.database(), fixture.path("away.db"));
  const std::uint64_t bundle = enqueue_bundle(fixture, effects("second", 700) + line("INSRT"));
  daemon->wait_for_output("lane_unavailable");
  std::filesystem::rename(fixture.path("away.db"), fixture.database());
  fixture.wait_for_names("failed", 1);
  fixture.wait_for_names("completed", 2);
  CHECK(fixture.sql("SELECT count(*) FROM effect").front() == "701");
  CHECK(fixture.names("completed").back() == "05_" + spoold::format_id(bundle) + ".n701.a1.jsonl");
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}

TEST_CASE("a half-written foreign bundle is left alone while it is young, and taken as it is after that") {
  DaemonFixture fixture{"settle_time: 300ms"};
  const auto daemon = fixture.start_spoold();
  fixture.drop("half.jsonl", effect("whole") + R"({"operation":"test","sq)");
  fixture.wait_until("SELECT count(*) FROM effect", "1");
  fixture.wait_for_names("corrupt", 2);
  CHECK_THAT(fixture.spoolctl({"list", "corrupt"}).out, Contains("line 2 of bundle"));
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}

TEST_CASE("a bundle beyond a limit is condemned with the limit in its reason") {
  DaemonFixture fixture{"settle_time: 0s"};
  std::string text;
  for (int i = 0; i < 10'001; ++i) text += "{}\n";
  fixture.drop("long.jsonl", text);
  fixture.drop("empty.jsonl", "\n\n");
  fixture.drop("large.jsonl", std::string(17UL * 1024 * 1024, ' '));
  const ProgramResult run = fixture.spoold({"--once"});
  INFO(run.err);
  CHECK(run.exit_status == 0);
  CHECK(fixture.names("corrupt").size() == 6);
  const std::string listed = fixture.spoolctl({"list", "corrupt"}).out;
  CHECK_THAT(listed, Contains("10001 lines, the limit is 10000 (queue.max_bundle_lines)"));
  CHECK_THAT(listed, Contains("the limit is 16777216 for a bundle (queue.max_bundle_bytes)"));
  CHECK_THAT(listed, Contains("every line is empty"));
}

TEST_CASE("cancel ends the line of a bundle that is performed, and the others are done") {
  DaemonFixture fixture;
  const std::string endless =
      "WITH RECURSIVE c(x) AS (VALUES(2) UNION ALL SELECT x+1 FROM c) INSERT INTO effect SELECT x FROM c";
  const std::uint64_t bundle = enqueue_bundle(fixture, effect("first") + line(endless) + effect("last"));
  const auto daemon = fixture.start_spoold();
  fixture.wait_for_names("processing", 1);
  ProgramResult cancelled = fixture.spoolctl({"cancel", id(bundle, 2)});
  // The daemon may have claimed it only just, and perform nothing yet.
  while (cancelled.exit_status == 1) cancelled = fixture.spoolctl({"cancel", id(bundle, 2)});
  INFO(cancelled.err);
  CHECK(cancelled.exit_status == 0);
  CHECK(cancelled.out == "cancelled 1 entry\n");
  CHECK(fixture.names("cancelled").size() == 1);
  CHECK(fixture.spoolctl({"wait", "-q", id(bundle, 1), id(bundle, 3)}).exit_status == 0);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
  CHECK(fixture.sql("SELECT group_concat(tag, ' ') FROM effect").front() == "first last");
}
