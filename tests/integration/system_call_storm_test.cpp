// The daemon, or a producer, is killed before its N-th system call of one kind, for N = 1, 2, 3 ... until it
// comes through.
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>

#include "integration/storm.hpp"

using namespace spoold::test;

namespace {

// A call, and whether only those on the queue's own directories are counted: the rest is the loader's, and
// looks into /proc.
struct Call {
  const char* name;
  bool only_in_queue;
};

std::vector<std::string> paths_of(const DaemonFixture& fixture, const Call& call) {
  if (!call.only_in_queue) return {};
  return {fixture.path("queue/pending"), fixture.path("queue/processing"), fixture.path("queue/.tmp")};
}

// One entry of each kind: SQL under a name of ours, SQL under a foreign one, and a command, whose receipt is
// written into it.
void enqueue_one_of_each(const DaemonFixture& fixture, Tags& acknowledged) {
  const std::string tag = std::to_string(acknowledged.size());
  fixture.enqueue(effect_sql(tag));
  fixture.drop("foreign" + tag + ".json", effect_json(tag + "f"));
  acknowledged.insert({tag, tag + "f"});
  REQUIRE(fixture.spoolctl({"enqueue", "--operation", "run"}).exit_status == 0);
}

std::string kill_at(const Call& call, int nth) {
  return std::string(call.name) + ":signal=KILL:when=" + std::to_string(nth);
}

}  // namespace

TEST_CASE("a daemon that is killed at any of its system calls loses nothing and does nothing twice") {
  const Call call = GENERATE(Call{"renameat2", false}, Call{"renameat", false}, Call{"fsync", false},
                             Call{"fdatasync", false}, Call{"pwrite64", false}, Call{"unlinkat", true},
                             Call{"openat", true});
  // Each kill from outside is held against the entries it hit; here that is not their fault.
  DaemonFixture fixture;
  const std::string program = fixture.script("mark", "echo $SPOOLD_ID >> $0.log");
  fixture.write_lanes("max_crashes: 1000",
                      "backends:\n  main: { type: sqlite, database: " + fixture.database() +
                          " }\n  run: { type: command, program: " + program +
                          " }\nroutes:\n  - { operation: run, backend: run }\n"
                          "  - { operation: \"*\", backend: main }\n");
  Tags acknowledged;
  std::size_t commands = 0;
  int kills = 0;
  for (bool killed = true; killed; ++kills) {
    INFO(call.name << ", call " << kills + 1);
    enqueue_one_of_each(fixture, acknowledged);
    ++commands;
    const ProgramResult shot =
        run_program(under_strace(fixture, kill_at(call, kills + 1), paths_of(fixture, call),
                                 {SPOOLD_PROGRAM, "--config", fixture.config(), "--drain"}),
                    traced());
    killed = shot.signal == SIGKILL;
    if (!killed) REQUIRE(shot.exit_status == 0);
    check_places(fixture);
    const ProgramResult drained = fixture.spoold({"--drain"});
    INFO(drained.err);
    REQUIRE(drained.exit_status == 0);
    CHECK(fixture.names("completed").size() == acknowledged.size() + commands);
    const std::string done = std::to_string(acknowledged.size());
    CHECK(fixture.sql("SELECT count(*) FROM effect").front() == done);
    CHECK(fixture.sql("SELECT count(DISTINCT tag) FROM effect").front() == done);
  }
  std::printf("system_call_storm: the daemon killed at %d calls of %s\n", kills - 1, call.name);
  CHECK(kills > 1);
  const ProgramResult verified = fixture.spoolctl({"verify"});
  INFO(verified.out);
  CHECK(verified.exit_status == 0);
}

TEST_CASE(
    "a producer that is killed at any of its system calls has enqueued its entries whole or not at all") {
  const Call call = GENERATE(Call{"renameat2", false}, Call{"fsync", false}, Call{"openat", true},
                             Call{"write", false}, Call{"close", true});
  DaemonFixture fixture;
  Tags acknowledged;
  int runs = 0;
  for (bool killed = true; killed; ++runs) {
    INFO(call.name << ", call " << runs + 1);
    Tags tags;
    for (int i = 0; i < 3; ++i) tags.insert(std::to_string(runs) + "-" + std::to_string(i));
    ProgramOptions options = traced();
    for (const std::string& tag : tags) options.input += effect_json(tag) + "\n";
    const ProgramResult shot =
        run_program(under_strace(fixture, kill_at(call, runs + 1), paths_of(fixture, call),
                                 {SPOOLCTL_PROGRAM, "--config", fixture.config(), "enqueue", "--jsonl"}),
                    options);
    killed = shot.signal == SIGKILL;
    if (!killed) REQUIRE(shot.exit_status == 0);
    if (!killed) acknowledged.insert(tags.begin(), tags.end());
    check_places(fixture);
  }
  REQUIRE(fixture.spoold({"--drain"}).exit_status == 0);
  check_all_done(fixture, acknowledged);
  std::printf("system_call_storm: a producer killed at %d calls of %s\n", runs - 1, call.name);
}
