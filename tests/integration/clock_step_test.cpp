// The time of day steps, back and ahead, under the real programs.
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <random>

#include "integration/storm.hpp"

using namespace spoold::test;

namespace {

constexpr std::int64_t year = 365L * 24 * 60 * 60;

// All programs started while it lives go by this clock. (The commands of the daemon do not: their environment
// is clean.)
class SteppingClock {
 public:
  explicit SteppingClock(const DaemonFixture& fixture) : path_(fixture.path("clock")) {
    step_to(0);
    ::setenv("STEPPING_CLOCK", path_.c_str(), 1);
    ::setenv("LD_PRELOAD", STEPPING_CLOCK_LIBRARY, 1);
  }
  SteppingClock(const SteppingClock&) = delete;
  SteppingClock& operator=(const SteppingClock&) = delete;
  ~SteppingClock() { ::unsetenv("LD_PRELOAD"); }

  // So many seconds off the true time.
  void step_to(std::int64_t seconds) const {
    const spoold::UniqueFd file{::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    REQUIRE(::pwrite(file.get(), &seconds, sizeof seconds, 0) == sizeof seconds);
  }

 private:
  std::string path_;
};

// A command that fails so often before it ends well.
void write_failing_lane(const DaemonFixture& fixture, int failures, const std::string& retry) {
  const std::string program =
      fixture.script("fail", "echo x >> \"$0.$SPOOLD_ID\"\n[ $(wc -l < \"$0.$SPOOLD_ID\") -gt " +
                                 std::to_string(failures) + " ] || exit 75");
  fixture.write_lanes("idle_exit: 0, rescan_interval: 1s",
                      "retry: { jitter: none, " + retry +
                          " }\nbackends:\n  main: { type: sqlite, database: " + fixture.database() +
                          " }\n  run: { type: command, program: " + program +
                          " }\nroutes:\n  - { operation: run, backend: run }\n"
                          "  - { operation: \"*\", backend: main }\n");
}

void end(Program& daemon) {
  daemon.send_signal(SIGTERM);
  CHECK(daemon.wait().exit_status == 0);
}

}  // namespace

TEST_CASE(
    "an entry that waits for its next attempt while the clock steps back a year waits no longer for it") {
  DaemonFixture fixture;
  const SteppingClock clock{fixture};
  write_failing_lane(fixture, 1, "initial: 500ms, max: 500ms");
  const auto daemon = fixture.start_spoold();
  fixture.enqueue(effect_sql("scheduled"), {"--not-before", "+1h"});
  REQUIRE(fixture.spoolctl({"enqueue", "--operation", "run"}).exit_status == 0);
  daemon->wait_for_output("\"event\":\"deferred\"");
  clock.step_to(-year);
  daemon->wait_for_output("\"event\":\"brought_forward\"");
  fixture.wait_for_names("completed", 1);
  CHECK(fixture.names("completed").front().find(".a2.json") != std::string::npos);
  CHECK(fixture.names("deferred").size() == 1);  // for its own time, whatever the clock says of it
  end(*daemon);
}

TEST_CASE("a clock that steps ahead a year lets what is deferred run, and has nothing that failed removed") {
  DaemonFixture fixture;
  const SteppingClock clock{fixture};
  write_failing_lane(fixture, 1, "initial: 5m");
  const auto daemon = fixture.start_spoold();
  fixture.enqueue("INSERT INTO nowhere VALUES(1)");
  REQUIRE(fixture.spoolctl({"enqueue", "--operation", "run"}).exit_status == 0);
  fixture.wait_for_names("failed", 1);
  daemon->wait_for_output("\"event\":\"deferred\"");
  fixture.enqueue(effect_sql("scheduled"), {"--not-before", "+1h"});
  REQUIRE(fixture.spoolctl({"cleanup"}).exit_status == 0);
  clock.step_to(year);
  fixture.wait_for_names("completed", 2);
  const ProgramResult cleaned = fixture.spoolctl({"cleanup"});
  INFO(cleaned.out << cleaned.err);
  CHECK(cleaned.exit_status == 0);
  CHECK(fixture.names("failed").size() == 1);
  end(*daemon);
}

TEST_CASE("entries enqueued after the clock stepped back come after those enqueued before") {
  DaemonFixture fixture;
  const SteppingClock clock{fixture};
  const std::string before = fixture.enqueue(effect_sql("before"));
  clock.step_to(-year);
  const std::string after = fixture.enqueue(effect_sql("after"));
  CHECK(before < after);
  CHECK(fixture.spoold({"--once"}).exit_status == 0);
  CHECK(fixture.sql("SELECT tag FROM effect ORDER BY rowid") == std::vector<std::string>{"before", "after"});
}

TEST_CASE("while the clock steps to and fro all is done, what is retried too, and SQL once") {
  constexpr int rounds = 30;
  DaemonFixture fixture;
  const SteppingClock clock{fixture};
  write_failing_lane(fixture, 2, "initial: 50ms, max: 200ms");
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  const auto daemon = fixture.start_spoold();
  Tags acknowledged;
  for (int round = 0; round < rounds; ++round) {
    const std::string tag = std::to_string(round);
    fixture.enqueue(effect_sql(tag));
    acknowledged.insert(tag);
    REQUIRE(fixture.spoolctl({"enqueue", "--operation", "run"}).exit_status == 0);
    clock.step_to(static_cast<std::int64_t>(random() % (2 * year)) - year);
  }
  fixture.wait_for_names("completed", 2UL * rounds);
  end(*daemon);
  check_places(fixture);
  CHECK(fixture.names("failed").empty());
  CHECK(fixture.names("deferred").empty());
  const auto effects = fixture.sql("SELECT tag FROM effect");
  CHECK(effects.size() == acknowledged.size());
  CHECK(Tags{effects.begin(), effects.end()} == acknowledged);
}
