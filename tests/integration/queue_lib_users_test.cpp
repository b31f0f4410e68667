#include <catch2/catch.hpp>
#include <filesystem>

#include "daemon_fixture.hpp"

// scripts/queue-lib.sh in a queue of somebody else's: needs root, to be others.

using namespace spoold::test;
using Catch::Contains;

namespace {

// A queue whose daemon is nobody (65534). Its group, 1, has daemon(1) for a member, and not bin(2).
class OthersQueue {
 public:
  explicit OthersQueue(const char* group) {
    // Where others can reach it, wherever this was built.
    std::filesystem::copy_file(SPOOLD_PROGRAM, fixture_.path("spoold"));
    std::filesystem::copy_file(QUEUE_LIB, fixture_.path("queue-lib.sh"));
    REQUIRE(run_program({"chown", "-R", "65534:1", fixture_.path("")}).exit_status == 0);
    REQUIRE(run_program({"chmod", "-R", "go+rX", fixture_.path("")}).exit_status == 0);
    REQUIRE(run_program({SPOOLCTL_PROGRAM, "--config", fixture_.config(), "init"},
                        {.environment = {{"SPOOLD_QUEUE_GROUP", group}}})
                .exit_status == 0);
    fixture_.sql("CREATE TABLE events(name TEXT)");
  }

  [[nodiscard]] ProgramResult as_root(const std::string& script) const { return run({}, script); }
  [[nodiscard]] ProgramResult as_member(const std::string& script) const {
    return run({"setpriv", "--reuid=1", "--regid=2", "--groups=1"}, script);
  }
  [[nodiscard]] ProgramResult as_stranger(const std::string& script) const {
    return run({"setpriv", "--reuid=2", "--regid=2", "--clear-groups"}, script);
  }
  void work() const {
    const auto result = run_program({"setpriv", "--reuid=65534", "--regid=65534", "--groups=1",
                                     fixture_.path("spoold"), "--config", fixture_.config(), "--once"});
    CAPTURE(result.err);
    REQUIRE(result.exit_status == 0);
  }
  [[nodiscard]] std::size_t count(const std::string& state) const { return fixture_.names(state).size(); }
  [[nodiscard]] std::string modes() const {
    return run_program({"bash", "-c", "stat -c %a \"$1\"/pending/*", "bash", fixture_.queue()}).out;
  }

 private:
  [[nodiscard]] ProgramResult run(std::vector<std::string> command, const std::string& script) const {
    command.insert(command.end(),
                   {"bash", "-c", "source '" + fixture_.path("queue-lib.sh") + "'; " + script});
    return run_program(command, {.environment = {{"QUEUE_BASE_DIR", fixture_.queue()},
                                                 {"SPOOLCTL", "/no/such/spoolctl"},
                                                 {"QUEUE_SYNC", {}},
                                                 {"LC_ALL", "C.UTF-8"}},
                                 .working_directory = "/"});
  }

  DaemonFixture fixture_{"", "", false};
};

const std::string two_writes =
    "queue_write \"INSERT INTO events VALUES ('durable')\" a && "
    "QUEUE_SYNC=0 queue_write \"INSERT INTO events VALUES ('quick')\" a; echo $?";

}  // namespace

TEST_CASE("what a member writes into a group's queue without spoolctl runs") {
  const OthersQueue queue{"true"};
  const auto result = queue.as_member(two_writes);
  CAPTURE(result.err);
  CHECK(result.out == "0\n");
  CHECK(queue.modes() == "640\n640\n");
  queue.work();
  CHECK(queue.count("completed") == 2);
  CHECK(queue.count("corrupt") == 0);
}

TEST_CASE("what root writes into another user's queue without spoolctl runs") {
  const OthersQueue queue{GENERATE("false", "true")};
  const auto result = queue.as_root(two_writes);
  CAPTURE(result.err);
  CHECK(result.out == "0\n");
  CHECK(queue.modes() == "644\n644\n");
  queue.work();
  CHECK(queue.count("completed") == 2);
  CHECK(queue.count("corrupt") == 0);
}

TEST_CASE("what a user may not read of a queue is not said to be missing, idle or empty") {
  const OthersQueue queue{"true"};
  queue.work();
  const auto member = queue.as_member(
      "queue_stats_get; echo $?; queue_worker_is_running; echo $?; queue_ensure_worker; echo $?; queue_size");
  CHECK(member.out == "77\n77\n77\n0\n");
  CHECK_THAT(member.err, Contains("stats.json is not readable") && Contains(".lock is not readable"));
  const auto stranger =
      queue.as_stranger("queue_size; echo $?; queue_stats_get; echo $?; queue_worker_is_running; echo $?");
  CHECK(stranger.out == "77\n77\n77\n");
}

TEST_CASE("a write is told as written also where no worker can be started") {
  const OthersQueue queue{"true"};
  queue.work();
  const auto result = queue.as_member("QUEUE_AUTOSTART=1 queue_db_write 'SELECT 1' a; echo $?");
  CHECK(result.out == "0\n");
  CHECK_THAT(result.err, Contains(".lock is not readable"));
}
