#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "integration/daemon_fixture.hpp"

using namespace spoold::test;

TEST_CASE("a second instance ends with 75 and names the holder's pid") {
  DaemonFixture fixture;
  const auto first = fixture.start_spoold();
  const ProgramResult second = fixture.spoold({});
  CHECK(second.exit_status == 75);
  CHECK(second.err.find("pid " + std::to_string(first->pid())) != std::string::npos);
  first->send_signal(SIGTERM);
  CHECK(first->wait().exit_status == 0);
}

TEST_CASE("a killed daemon's lock does not hinder the next one") {
  DaemonFixture fixture;
  const auto first = fixture.start_spoold();
  first->send_signal(SIGKILL);
  CHECK(first->wait().signal == SIGKILL);
  CHECK(fixture.spoold({"--once"}).exit_status == 0);
}

TEST_CASE("an entry dropped on an idle daemon is done at once, by inotify and by polling") {
  const std::string mode = GENERATE("inotify", "poll");
  DaemonFixture fixture{"watch: " + mode + ", rescan_interval: 1h"};
  const auto daemon = fixture.start_spoold();
  for (int i = 0; i < 3; ++i) {
    const std::string tag = std::to_string(i);
    fixture.drop("x" + tag + ".json",
                 R"({"operation":"t","sql":"INSERT INTO effect VALUES(')" + tag + "')\"}");
    fixture.wait_for_names("completed", static_cast<std::size_t>(i) + 1);
  }
  CHECK(fixture.sql("SELECT count(*) FROM effect").front() == "3");
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}

TEST_CASE("an idle daemon ends by itself, and its totals go on in the next run") {
  DaemonFixture fixture{"idle_exit: 100ms"};
  for (int run = 1; run <= 2; ++run) {
    fixture.enqueue("INSERT INTO effect VALUES('x')");
    const ProgramResult result = fixture.spoold({});
    CHECK(result.exit_status == 0);
    CHECK(result.err.find("stopped: idle") != std::string::npos);
    const ProgramResult status = fixture.spoolctl({"status", "--json"});
    CHECK(status.exit_status == 0);
    CHECK(status.out.find("\"completed\": " + std::to_string(run)) != std::string::npos);
  }
}

TEST_CASE("a daemon started on demand leaves behind what is due much later; another waits for it") {
  const bool on_demand = GENERATE(true, false);
  DaemonFixture fixture{std::string("idle_exit: 100ms, on_demand: ") + (on_demand ? "true" : "false")};
  fixture.enqueue("INSERT INTO effect VALUES('later')", {"--not-before", "+1h"});
  const auto daemon = fixture.start_spoold();
  if (!on_demand) {
    fixture.enqueue("INSERT INTO effect VALUES('now')");
    fixture.wait_for_names("completed", 1);
    daemon->send_signal(SIGTERM);
  }
  CHECK((daemon->wait().err.find("stopped: idle") != std::string::npos) == on_demand);
  CHECK(fixture.names("deferred").size() == 1);
}

TEST_CASE(
    "a daemon started on demand stays, and says why, while something in pending/ would start it again") {
  DaemonFixture fixture{"idle_exit: 100ms, on_demand: true"};
  const std::string litter = fixture.path("queue/pending/README.txt");
  std::ofstream{litter} << "not an entry";
  const auto daemon = fixture.start_spoold();
  daemon->wait_for_output("'README.txt' lies in pending/");
  fixture.enqueue("INSERT INTO effect VALUES('x')");
  fixture.wait_for_names("completed", 1);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}

TEST_CASE("SIGTERM lets what runs end and gives the rest back uncounted") {
  DaemonFixture fixture{"", "batch: 1"};
  // Long enough to be amid it, whatever the machine's speed: it ends when the table has rows.
  fixture.enqueue(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) "
      "INSERT INTO effect SELECT 'slow' FROM n WHERE i = 3000000");
  for (int i = 0; i < 20; ++i) fixture.enqueue("INSERT INTO effect VALUES('fast')");
  const auto daemon = fixture.start_spoold();
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
  CHECK(fixture.names("processing").empty());
  const std::size_t completed = fixture.names("completed").size();
  CHECK(completed + fixture.names("pending").size() == 21);
  CHECK(fixture.sql("SELECT count(*) FROM effect").front() == std::to_string(completed));
  for (const std::string& name : fixture.names("pending")) CHECK(name.find(".a") == std::string::npos);
  CHECK(fixture.spoold({"--once"}).exit_status == 0);
  CHECK(fixture.sql("SELECT count(*) FROM effect").front() == "21");
}

TEST_CASE("a statement that outlives the grace is interrupted and its entry given back") {
  DaemonFixture fixture{"shutdown_grace: 100ms", "statement_timeout: 10m"};
  fixture.enqueue(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
      "INSERT INTO effect SELECT 'never' FROM n WHERE i < 0");
  const auto daemon = fixture.start_spoold();
  fixture.wait_for_names("processing", 1);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
  CHECK(fixture.names("pending").size() == 1);
  CHECK(fixture.names("processing").empty());
  CHECK(fixture.sql("SELECT count(*) FROM effect").front() == "0");
}

TEST_CASE("--max-entries ends after so many entries") {
  DaemonFixture fixture;
  for (int i = 0; i < 10; ++i) fixture.enqueue("INSERT INTO effect VALUES('x')");
  CHECK(fixture.spoold({"--max-entries", "4"}).exit_status == 0);
  CHECK(fixture.sql("SELECT count(*) FROM effect").front() == "4");
  CHECK(fixture.names("pending").size() == 6);
}

TEST_CASE("what a dead daemon held is run again, alone, and put aside after three deaths") {
  DaemonFixture fixture;
  fixture.enqueue("INSERT INTO effect VALUES('poison')");
  fixture.enqueue("INSERT INTO effect VALUES('good')");
  const auto pending = fixture.names("pending");
  // As three deaths leave it: the first two are in the name.
  std::string held = pending.front();
  held.insert(held.size() - 5, ".a2.c2");
  std::filesystem::rename(fixture.path("queue/pending/" + pending.front()),
                          fixture.path("queue/processing/" + held));
  CHECK(fixture.spoold({"--once"}).exit_status == 0);
  CHECK(fixture.sql("SELECT tag FROM effect") == std::vector<std::string>{"good"});
  CHECK(fixture.text_of_only("failed").find("died") != std::string::npos);
}

TEST_CASE("what is brought back at a start is counted once") {
  DaemonFixture fixture;
  for (int i = 0; i < 3; ++i) fixture.enqueue("INSERT INTO effect VALUES('x')");
  for (const std::string& name : fixture.names("pending")) {
    std::filesystem::rename(fixture.path("queue/pending/" + name), fixture.path("queue/processing/" + name));
  }
  const ProgramResult run = fixture.spoold({"--once"});
  CHECK(run.exit_status == 0);
  CHECK_THAT(run.err, Catch::Contains("brought back 3 entries"));
  CHECK_THAT(run.err, Catch::Contains(": 3 entries pending, 0 deferred"));
}

TEST_CASE("a queue directory that is moved away or replaced ends the daemon with 74 and a clear word") {
  DaemonFixture fixture{"rescan_interval: 1s"};
  const bool replace = GENERATE(true, false);
  const auto daemon = fixture.start_spoold();
  std::filesystem::rename(fixture.queue(), fixture.path("elsewhere"));
  if (replace) CHECK(fixture.spoolctl({"init"}).exit_status == 0);
  const ProgramResult result = daemon->wait();
  CHECK(result.exit_status == 74);
  CHECK(result.err.find(fixture.queue()) != std::string::npos);
}

TEST_CASE("--check-config says that a good configuration is in order, and 78 of a bad one") {
  DaemonFixture fixture;
  const ProgramResult good = fixture.spoold({"--check-config"});
  CHECK(good.exit_status == 0);
  CHECK(good.err.empty());
  CHECK(good.out == fixture.config() + " is in order\n");
  std::ofstream{fixture.config(), std::ios::app} << "wroker: { idle_exit: 1s }\n";
  const ProgramResult bad = fixture.spoold({"--check-config"});
  CHECK(bad.exit_status == 78);
  CHECK(bad.err.find(fixture.config() + ":4:") != std::string::npos);
  CHECK(bad.err.find("worker") != std::string::npos);
  CHECK(fixture.spoold({}).exit_status == 78);
}

TEST_CASE("a wrong command line ends with 64") {
  DaemonFixture fixture;
  const auto said = [&](const std::vector<std::string>& options) {
    const ProgramResult result = fixture.spoold(options);
    CHECK(result.exit_status == 64);
    CHECK(result.out.empty());
    return result.err;
  };
  CHECK(said({"--no-such-option"}) == "spoold: no option '--no-such-option'; see 'spoold --help'\n");
  CHECK(said({"--log-level", "zz"}) ==
        "spoold: --log-level: 'zz' is none of them; expected debug, info, notice, warning or error; see "
        "'spoold "
        "--help'\n");
  CHECK(said({"--log-format", "0"}) ==
        "spoold: --log-format: '0' is none of them; expected auto, text, json or journal; see 'spoold "
        "--help'\n");
  for (const char* number : {"0", "-1", "x", "99999999999999999999"}) {
    CHECK(said({"--max-entries", number}) ==
          "spoold: --max-entries: '" + std::string(number) +
              "' is no such number; expected a whole number from 1; see 'spoold --help'\n");
  }
  CHECK(fixture.spoold({"--once", "--drain"}).exit_status == 64);
  CHECK(fixture.spoold({"--max-entries", "0"}).exit_status == 64);
}

TEST_CASE("a queue that is not there or open to everybody is refused with a word of what to do") {
  DaemonFixture fixture;
  std::filesystem::permissions(fixture.path("queue/completed"), std::filesystem::perms{0777});
  const ProgramResult open_to_all = fixture.spoold({"--once"});
  CHECK(open_to_all.exit_status == 74);
  CHECK(open_to_all.err.find("completed") != std::string::npos);
  std::filesystem::remove_all(fixture.queue());
  const ProgramResult missing = fixture.spoold({"--once"});
  CHECK(missing.exit_status == 74);
  CHECK(missing.err.find(fixture.queue()) != std::string::npos);
}
