// Producers and the daemon are killed, or stopped, at instants drawn at random.
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <random>

#include "integration/storm.hpp"

using namespace spoold::test;

namespace {

using Random = std::mt19937;
using ProgramPtr = std::unique_ptr<Program>;

// Not a wait for something, but the time something is given to get anywhere.
void nap(Random& random, long milliseconds_max) {
  const timespec duration{0, static_cast<long>(random() % 1'000'000) * milliseconds_max};
  ::nanosleep(&duration, nullptr);
}

ProgramPtr start_daemon(const DaemonFixture& fixture) {
  return std::make_unique<Program>(
      std::vector<std::string>{SPOOLD_PROGRAM, "--config", fixture.config(), "--log-format", "text"});
}

// Each tells, line by line, what it was told to be enqueued: the library's producer, and a shell that has
// nothing but printf, sync and mv.
ProgramPtr start_producer(const DaemonFixture& fixture, int number) {
  const std::string tag = "p" + std::to_string(number);
  ProgramOptions options;
  options.time_limit = std::chrono::seconds{280};
  if (number % 2 == 0) {
    const std::vector<std::string> command{PRODUCER_PROGRAM, fixture.queue(), tag, "1000000"};
    return std::make_unique<Program>(command, options);
  }
  options.environment = {{"QUEUE_BASE_DIR", fixture.queue()}, {"SPOOLCTL", "/no/such/spoolctl"}};
  const std::string script = "source '" QUEUE_LIB
                             "'; for ((i = 0; ; i++)); do queue_write \"INSERT INTO effect(tag) VALUES('" +
                             tag + "-$i')\" storm && echo " + tag + "-$i; done";
  return std::make_unique<Program>(std::vector<std::string>{"bash", "-c", script}, options);
}

// A line that was cut is none: its producer was killed before it knew.
void take_acknowledged(Tags& tags, const ProgramResult& result) {
  add_lines(tags, result.out.substr(0, result.out.rfind('\n') + 1));
}

}  // namespace

TEST_CASE("what producers were told is done once while they and the daemon are killed at random") {
  constexpr int rounds = 40;
  constexpr int producers = 4;
  // Each kill from outside is held against the entries it hit; here that is not their fault.
  DaemonFixture fixture{"max_crashes: 1000"};
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  Random random{seed};
  Tags acknowledged;
  std::vector<ProgramPtr> running(producers);
  int started = 0;
  for (ProgramPtr& producer : running) producer = start_producer(fixture, started++);
  for (int round = 0; round < rounds; ++round) {
    const ProgramPtr daemon = start_daemon(fixture);
    nap(random, 60);
    daemon->send_signal(SIGKILL);
    REQUIRE(daemon->wait().signal == SIGKILL);
    ProgramPtr& producer = running[random() % producers];
    producer->send_signal(SIGKILL);
    const ProgramResult killed = producer->wait();
    REQUIRE(killed.signal == SIGKILL);
    take_acknowledged(acknowledged, killed);
    producer = start_producer(fixture, started++);
    if (round % 8 == 0) check_places(fixture);
  }
  for (const ProgramPtr& producer : running) {
    producer->send_signal(SIGKILL);
    take_acknowledged(acknowledged, producer->wait());
  }
  REQUIRE(acknowledged.size() > rounds);
  const ProgramResult drained = fixture.spoold({"--drain"});
  INFO(drained.err);
  REQUIRE(drained.exit_status == 0);
  check_all_done(fixture, acknowledged);
}

TEST_CASE(
    "a daemon that is told to end at any instant leaves nothing behind, and counts nothing against it") {
  constexpr int rounds = 40;
  DaemonFixture fixture;
  const std::string program = fixture.script("nap", "exec sleep 0.02");
  fixture.write_lanes("", "backends:\n  main: { type: sqlite, database: " + fixture.database() +
                              " }\n  run: { type: command, program: " + program +
                              ", concurrency: 2 }\nroutes:\n  - { operation: run, backend: run }\n"
                              "  - { operation: \"*\", backend: main }\n");
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  Random random{seed};
  Tags acknowledged;
  std::string commands;
  for (int i = 0; i < 60; ++i) commands += "{\"operation\":\"run\"}\n";
  REQUIRE(fixture.spoolctl({"enqueue", "--jsonl"}, commands).exit_status == 0);
  ProgramPtr producer = start_producer(fixture, 0);
  for (int round = 0; round < rounds; ++round) {
    const ProgramPtr daemon = start_daemon(fixture);
    nap(random, 100);
    daemon->send_signal(SIGTERM);
    const ProgramResult ended = daemon->wait();
    INFO(ended.err);
    // Before it listens to signals it has claimed nothing yet.
    REQUIRE((ended.exit_status == 0 || ended.signal == SIGTERM));
    REQUIRE(fixture.names("processing").empty());
  }
  producer->send_signal(SIGKILL);
  take_acknowledged(acknowledged, producer->wait());
  REQUIRE(fixture.spoold({"--drain"}).exit_status == 0);
  const Tags done = [&] {
    const auto rows = fixture.sql("SELECT tag FROM effect");
    CHECK(Tags{rows.begin(), rows.end()}.size() == rows.size());
    return Tags{rows.begin(), rows.end()};
  }();
  for (const std::string& tag : acknowledged) {
    if (done.count(tag) == 0) FAIL_CHECK(tag << " is lost");
  }
  const auto completed = fixture.names("completed");
  CHECK(completed.size() == done.size() + 60);
  for (const std::string& name : completed) {
    if (name.find(".a1.json") == std::string::npos) FAIL_CHECK(name << " had more than its one attempt");
  }
}

TEST_CASE("a daemon that stands still keeps the queue from a second one, and goes on where it was") {
  DaemonFixture fixture;
  const auto daemon = fixture.start_spoold();
  daemon->send_signal(SIGSTOP);
  for (int i = 0; i < 5; ++i) fixture.enqueue(effect_sql(std::to_string(i)));
  const ProgramResult second = fixture.spoold({"--once"});
  CHECK(second.exit_status == 75);
  CHECK(second.err.find("pid " + std::to_string(daemon->pid())) != std::string::npos);
  CHECK(fixture.names("pending").size() == 5);
  daemon->send_signal(SIGCONT);
  fixture.wait_for_names("completed", 5);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
  check_all_done(fixture, {"0", "1", "2", "3", "4"});
}

TEST_CASE("a producer that stands still amid an enqueue holds nobody up, and its entry is done once") {
  // Before the rename that shows the entry, and after it.
  const bool shown = GENERATE(false, true);
  DaemonFixture fixture;
  const auto daemon = fixture.start_spoold();
  ProgramOptions options = traced();
  options.input = effect_json("slow");
  const std::string call = shown ? "renameat2" : "fsync";
  Program slow{
      {"strace", "-qq", "-e", "trace=" + call, "-e", "inject=" + call + ":signal=STOP:when=1", "sh", "-c",
       "echo $$ > '" + fixture.path("pid") + "'; exec '" SPOOLCTL_PROGRAM "' --config '" + fixture.config() +
           "' enqueue"},
      options};
  slow.wait_for_output("stopped by SIGSTOP");
  fixture.enqueue(effect_sql("quick"));
  fixture.wait_for_names("completed", shown ? 2 : 1);
  CHECK(fixture.sql("SELECT count(*) FROM effect").front() == (shown ? "2" : "1"));
  pid_t pid = 0;
  std::ifstream{fixture.path("pid")} >> pid;
  REQUIRE(::kill(pid, SIGCONT) == 0);
  CHECK(slow.wait().exit_status == 0);
  fixture.wait_for_names("completed", 2);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
  check_all_done(fixture, {"quick", "slow"});
}
