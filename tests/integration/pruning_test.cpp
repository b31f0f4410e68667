#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>

#include "integration/daemon_fixture.hpp"
#include "os/block_groups.hpp"
#include "store/staging_renewal.hpp"

// What removes many files renews .tmp/ where the file system would be slow for producers after that, and
// nowhere else: these tests hold on both.

namespace spoold::test {

namespace {

struct stat status_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status;
}

bool renews(const DaemonFixture& fixture) {
  const UniqueFd queue{::open(fixture.queue().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  return removals_slow_creation(queue.get());
}

void complete_many(const DaemonFixture& fixture) {
  for (std::uint64_t i = 0; i < renewal_worth + 10; ++i) {
    const std::string seq = "0" + std::to_string(1'767'328'963'000'000'000U + i);
    std::ofstream{fixture.path("queue/completed/05_" + seq + ".a1.json")} << "{\"operation\":\"test\"}\n";
  }
}

}  // namespace

TEST_CASE("a cleanup without a daemon renews .tmp where that helps, and the queue goes on") {
  const DaemonFixture fixture;
  complete_many(fixture);
  const ino_t before = status_of(fixture.path("queue/.tmp")).st_ino;
  std::ofstream{fixture.config(), std::ios::app} << "retention: { completed: { count: 1, then: remove } }\n";
  const ProgramResult cleaned = fixture.spoolctl({"cleanup"});
  INFO(cleaned.err);
  REQUIRE(cleaned.exit_status == 0);
  REQUIRE(fixture.names("completed").size() == 1);
  CHECK((status_of(fixture.path("queue/.tmp")).st_ino != before) == renews(fixture));
  fixture.enqueue("INSERT INTO effect VALUES ('after')");
  CHECK(fixture.spoold({"--once"}).exit_status == 0);
  CHECK(fixture.sql("SELECT tag FROM effect") == std::vector<std::string>{"after"});
}

TEST_CASE(
    "a sandbox that lets no owner and no set-group-ID bit be set does not keep .tmp from being renewed") {
  const DaemonFixture fixture;
  for (const char* const name : {"queue", "queue/.tmp"})
    REQUIRE(::chmod(fixture.path(name).c_str(), 02770) == 0);
  complete_many(fixture);
  const struct stat before = status_of(fixture.path("queue/.tmp"));
  std::ofstream{fixture.config(), std::ios::app} << "retention: { completed: { count: 1, then: remove } }\n";
  // As under the units; of the mode only what sets such a bit is forbidden there, and nothing else sets a
  // mode here.
  REQUIRE(fixture.spoolctl({"cleanup", "--dry-run"}).exit_status == 0);
  ProgramOptions options;
  options.environment["ASAN_OPTIONS"] = "detect_leaks=0";  // which cannot work under ptrace
  const ProgramResult cleaned = run_program(
      {"strace", "-f", "-o", "/dev/null", "-e", "trace=fchownat,fchmodat", "-e",
       "inject=fchownat,fchmodat:error=EPERM", SPOOLCTL_PROGRAM, "--config", fixture.config(), "cleanup"},
      options);
  CHECK(cleaned.err.find("renew") == std::string::npos);
  REQUIRE(cleaned.exit_status == 0);
  const struct stat after = status_of(fixture.path("queue/.tmp"));
  CHECK((after.st_ino != before.st_ino) == renews(fixture));
  CHECK(after.st_mode == before.st_mode);
  CHECK(after.st_gid == before.st_gid);
}

TEST_CASE("a cleanup beside a daemon leaves .tmp to it") {
  const DaemonFixture fixture;
  complete_many(fixture);
  const ino_t before = status_of(fixture.path("queue/.tmp")).st_ino;
  const auto daemon = fixture.start_spoold();
  std::ofstream{fixture.config(), std::ios::app} << "retention: { completed: { count: 1, then: remove } }\n";
  const ProgramResult cleaned = fixture.spoolctl({"cleanup"});
  INFO(cleaned.err);
  CHECK(status_of(fixture.path("queue/.tmp")).st_ino == before);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}

TEST_CASE("a daemon whose own cleanup removes many goes on in a fresh .tmp where that helps") {
  const DaemonFixture fixture;
  complete_many(fixture);
  std::ofstream{fixture.config(), std::ios::app} << "retention: { completed: { count: 1, then: remove } }\n";
  const ino_t before = status_of(fixture.path("queue/.tmp")).st_ino;
  const auto daemon = fixture.start_spoold();
  daemon->wait_for_output("cleanup: archived");
  if (renews(fixture)) daemon->wait_for_output("renewed .tmp/");
  CHECK((status_of(fixture.path("queue/.tmp")).st_ino != before) == renews(fixture));
  // A rejected entry is written anew in .tmp/ by the daemon itself.
  fixture.enqueue("INSERT INTO no_such_table VALUES (1)");
  fixture.wait_for_names("failed", 1);
  fixture.enqueue("INSERT INTO effect VALUES ('after')");
  fixture.wait_until("SELECT tag FROM effect", "after");
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}

}  // namespace spoold::test
