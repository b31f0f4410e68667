#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "integration/daemon_fixture.hpp"

using namespace spoold::test;

namespace {

void enqueue_some(const DaemonFixture& fixture, int count) {
  for (int i = 0; i < count; ++i) fixture.enqueue("INSERT INTO effect VALUES('" + std::to_string(i) + "')");
}

// Nothing failed, nothing done. (What waits cannot be counted while the daemon moves it to and fro.)
void check_all_wait(const DaemonFixture& fixture) {
  CHECK(fixture.names("failed").empty());
  CHECK(fixture.names("completed").empty());
  CHECK(fixture.names("deferred").empty());
}

}  // namespace

TEST_CASE("a missing database loses nothing, is told, and the work goes on when it is back") {
  DaemonFixture fixture;
  enqueue_some(fixture, 20);
  std::filesystem::rename(fixture.database(), fixture.path("away.db"));
  const auto daemon = fixture.start_spoold();
  daemon->wait_for_output("lane_unavailable");
  check_all_wait(fixture);
  CHECK_FALSE(std::filesystem::exists(fixture.database()));
  std::filesystem::rename(fixture.path("away.db"), fixture.database());
  fixture.wait_for_names("completed", 20);
  CHECK(fixture.sql("SELECT count(DISTINCT tag) FROM effect").front() == "20");
  for (const std::string& name : fixture.names("completed"))
    CHECK(name.find(".a1.json") != std::string::npos);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}

TEST_CASE("spoolctl status tells of a database that cannot be used") {
  DaemonFixture fixture;
  enqueue_some(fixture, 1);
  std::ofstream{fixture.database(), std::ios::in | std::ios::out}
      << "this is no database any more, whatever it was";
  const auto daemon = fixture.start_spoold();
  daemon->wait_for_output("lane_unavailable");
  check_all_wait(fixture);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
  const ProgramResult status = fixture.spoolctl({"status"});
  INFO(status.out);
  CHECK(status.out.find("unavailable") != std::string::npos);
}

TEST_CASE("--once ends with 69 where the database cannot be used") {
  DaemonFixture fixture;
  enqueue_some(fixture, 3);
  std::filesystem::remove(fixture.database());
  const ProgramResult run = fixture.spoold({"--once"});
  CHECK(run.exit_status == 69);
  CHECK(run.err.find("missing") != std::string::npos);
  check_all_wait(fixture);
  CHECK(fixture.names("pending").size() == 3);
  for (const std::string& name : fixture.names("pending")) CHECK(name.find(".a") == std::string::npos);
}

TEST_CASE("a database held by another program burns no attempts") {
  DaemonFixture fixture{"", "busy_timeout: 10ms"};
  enqueue_some(fixture, 5);
  REQUIRE(::mkfifo(fixture.path("gate").c_str(), 0600) == 0);
  ProgramOptions options;
  options.input = "BEGIN EXCLUSIVE;\n.print held\n.shell cat " + fixture.path("gate") + "\nROLLBACK;\n";
  Program holder{{"sqlite3", fixture.database()}, options};
  holder.wait_for_output("held");
  const auto daemon = fixture.start_spoold();
  daemon->wait_for_output("lane_unavailable");
  check_all_wait(fixture);
  std::ofstream{fixture.path("gate")} << "\n";
  CHECK(holder.wait().exit_status == 0);
  fixture.wait_for_names("completed", 5);
  for (const std::string& name : fixture.names("completed"))
    CHECK(name.find(".a1.json") != std::string::npos);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}

TEST_CASE("an entry that the disk cannot read stands back and does not hold up the others") {
  DaemonFixture fixture{"idle_exit: 0"};
  enqueue_some(fixture, 5);
  const std::string bad = fixture.names("pending").front();
  ProgramOptions options;
  options.environment["ASAN_OPTIONS"] = "detect_leaks=0";  // which cannot work under ptrace
  // The first file of the queue that is opened after the start, whichever way, is the first entry.
  Program daemon{
      {"strace", "-f", "-o", fixture.path("trace"), "-P",
       fixture.path("queue/processing/" + bad.substr(0, 23) + ".a1.json"), "-e", "trace=read", "-e",
       "inject=read:error=EIO", SPOOLD_PROGRAM, "--config", fixture.config(), "--log-format", "text"},
      options};
  fixture.wait_for_names("completed", 4);
  CHECK(fixture.names("pending") == std::vector<std::string>{bad});
  CHECK(fixture.names("failed").empty());
  CHECK(fixture.names("corrupt").empty());
  // To the daemon itself: strace keeps signals of its own to itself.
  pid_t pid = 0;
  std::ifstream{fixture.path("queue/.lock")} >> pid;
  REQUIRE(::kill(pid, SIGTERM) == 0);
  CHECK(daemon.wait().exit_status == 0);
}

TEST_CASE("a file system that is read-only for a while stops the claims, and they go on by themselves") {
  DaemonFixture fixture;
  enqueue_some(fixture, 5);
  ProgramOptions options;
  options.environment["ASAN_OPTIONS"] = "detect_leaks=0";  // which cannot work under ptrace
  const ProgramResult run =
      run_program({"strace", "-f", "-o", fixture.path("trace"), "-e", "trace=renameat2", "-e",
                   "inject=renameat2:error=EROFS:when=1..3", SPOOLD_PROGRAM, "--config", fixture.config(),
                   "--log-format", "text", "--max-entries", "5"},
                  options);
  INFO(run.err);
  CHECK(run.exit_status == 0);
  CHECK(run.err.find("Read-only file system") != std::string::npos);
  CHECK(fixture.names("completed").size() == 5);
  CHECK(fixture.sql("SELECT count(DISTINCT tag) FROM effect").front() == "5");
}
