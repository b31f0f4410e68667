// The system's limits met by the real daemon: watches, descriptors, processes, threads.
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "integration/storm.hpp"
#include "support/http_server.hpp"

using namespace spoold::test;

namespace {

std::vector<std::string> spoold_command(const DaemonFixture& fixture, const std::string& mode = "") {
  std::vector<std::string> command{SPOOLD_PROGRAM, "--config", fixture.config(), "--log-format", "json"};
  if (!mode.empty()) command.push_back(mode);
  return command;
}

// A lane of each kind: "sql.*" goes to a database, "run" to a command, "web" to a service.
void write_three_lanes(const DaemonFixture& fixture, const HttpServer& server) {
  const std::string program = fixture.script("run", "exit 0");
  fixture.write_lanes(
      "idle_exit: 0",
      "backends:\n  main: { type: sqlite, database: " + fixture.database() +
          " }\n  run: { type: command, program: " + program + " }\n  web: { type: http, url: \"" +
          server.url("/echo") +
          "\" }\nroutes:\n  - { operation: run, backend: run }\n  - { operation: web, backend: web }\n"
          "  - { operation: \"*\", backend: main }\n");
}

void enqueue_three(const DaemonFixture& fixture, const std::string& tag) {
  const std::string lines =
      effect_json(tag) + "\n{\"operation\":\"run\"}\n{\"operation\":\"web\",\"body\":1}\n";
  REQUIRE(fixture.spoolctl({"enqueue", "--jsonl"}, lines).exit_status == 0);
}

// Every entry is completed, none had an attempt counted but its last, none had another effect.
void check_none_blamed(const DaemonFixture& fixture) {
  CHECK(fixture.names("failed").empty());
  CHECK(fixture.names("corrupt").empty());
  for (const std::string& name : fixture.names("completed")) {
    if (name.find(".a1.json") == std::string::npos) FAIL_CHECK(name << " had more than its one attempt");
  }
}

void end(const DaemonFixture& fixture, Program& daemon) {
  REQUIRE(::kill(daemon_pid(fixture), SIGTERM) == 0);
  const ProgramResult ended = daemon.wait();
  INFO(ended.err);
  CHECK(ended.exit_status == 0);
}

void set_soft(pid_t pid, __rlimit_resource resource, rlim_t soft) {
  rlimit limit{};
  REQUIRE(::prlimit(pid, resource, nullptr, &limit) == 0);
  limit.rlim_cur = std::min(soft, limit.rlim_max);
  REQUIRE(::prlimit(pid, resource, &limit, nullptr) == 0);
}

std::size_t open_descriptors(pid_t pid) {
  const std::filesystem::directory_iterator all{"/proc/" + std::to_string(pid) + "/fd"};
  return static_cast<std::size_t>(std::distance(begin(all), {}));
}

// What the daemon's stderr is told to say for each lane or the storage that is out of order.
std::size_t lines_with(const std::string& text, const std::string& in) {
  std::size_t count = 0;
  for (std::size_t at = in.find(text); at != std::string::npos; at = in.find(text, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("without inotify to be had the daemon polls, says so once, and misses nothing") {
  const std::string refusal = GENERATE("inotify_init1:error=EMFILE", "inotify_add_watch:error=ENOSPC",
                                       "inotify_add_watch:error=ENOSPC:when=3");
  DaemonFixture fixture{"idle_exit: 0, rescan_interval: 1h, poll_interval: 20ms"};
  Program daemon{under_strace(fixture, refusal, {}, spoold_command(fixture)), traced()};
  daemon.wait_for_output("\"event\":\"started\"");
  Tags acknowledged;
  for (int i = 1; i <= 5; ++i) {
    const std::string tag = std::to_string(i);
    acknowledged.insert(tag);
    fixture.drop("x" + tag + ".json", effect_json(tag));
    fixture.wait_for_names("completed", static_cast<std::size_t>(i));
  }
  CHECK(fixture.spoolctl({"status"}).out.find("poll") != std::string::npos);
  REQUIRE(::kill(daemon_pid(fixture), SIGTERM) == 0);
  const ProgramResult ended = daemon.wait();
  CHECK(ended.exit_status == 0);
  CHECK(lines_with("\"event\":\"watch_fallback\"", ended.err) == 1);
  check_all_done(fixture, acknowledged);
}

TEST_CASE("of more arrivals than inotify holds none is left waiting") {
  std::size_t events_max = 0;
  std::ifstream{"/proc/sys/fs/inotify/max_queued_events"} >> events_max;
  REQUIRE(events_max > 0);
  if (events_max > 50'000) return;  // it would take minutes here
  DaemonFixture fixture{"idle_exit: 0, rescan_interval: 1h"};
  const auto daemon = fixture.start_spoold();
  daemon->send_signal(SIGSTOP);
  const std::size_t arrivals = events_max + 1000;
  for (std::size_t i = 1; i <= arrivals; ++i) {
    std::string number = std::to_string(i);
    number.insert(0, 20 - number.size(), '0');
    const bool last = i == arrivals;
    fixture.drop((last ? "10_" : "05_") + number + ".json", effect_json(last ? "last" : "x"));
  }
  daemon->send_signal(SIGCONT);
  daemon->wait_for_output("the watch lost events");
  fixture.wait_until("SELECT count(*) FROM effect WHERE tag = 'last'", "1");
  CHECK(fixture.sql("SELECT count(*) FROM effect").front() == std::to_string(arrivals));
  fixture.wait_for_names("completed", arrivals);
  end(fixture, *daemon);
}

TEST_CASE("with no descriptor to be had nothing fails, and all goes on when there are some") {
  DaemonFixture fixture;
  const HttpServer server;
  write_three_lanes(fixture, server);
  const auto daemon = fixture.start_spoold();
  enqueue_three(fixture, "first");
  fixture.wait_for_names("completed", 3);

  const std::size_t open = open_descriptors(daemon->pid());
  set_soft(daemon->pid(), RLIMIT_NOFILE, 3);
  enqueue_three(fixture, "none");
  daemon->wait_for_output("Too many open files");
  CHECK(fixture.names("completed").size() == 3);
  set_soft(daemon->pid(), RLIMIT_NOFILE, RLIM_INFINITY);
  fixture.wait_for_names("completed", 6);

  // Fewer than any of them takes, and one more each time.
  std::size_t expected = 6;
  for (rlim_t more = 0; more <= 12; ++more) {
    set_soft(daemon->pid(), RLIMIT_NOFILE, open + more);
    enqueue_three(fixture, std::to_string(more));
    expected += 3;
  }
  set_soft(daemon->pid(), RLIMIT_NOFILE, RLIM_INFINITY);
  fixture.wait_for_names("completed", expected);
  check_none_blamed(fixture);
  CHECK(fixture.sql("SELECT count(DISTINCT tag) FROM effect").front() == std::to_string(expected / 3));
  CHECK(fixture.sql("SELECT count(*) FROM effect").front() == std::to_string(expected / 3));
  end(fixture, *daemon);
}

// A sanitizer wants descriptors and memory of its own.
#ifndef SPOOLD_SANITIZED
TEST_CASE("a daemon with too few descriptors to start says so and touches nothing, or does its work") {
  DaemonFixture fixture;
  const HttpServer server;
  write_three_lanes(fixture, server);
  enqueue_three(fixture, "x");
  std::size_t refused = 0;
  for (int files = 4; !fixture.names("pending").empty(); ++files) {
    INFO(files << " descriptors");
    REQUIRE(files < 100);
    const ProgramResult run = run_program({"prlimit", "--nofile=" + std::to_string(files), SPOOLD_PROGRAM,
                                           "--config", fixture.config(), "--log-format", "text", "--once"});
    INFO(run.err);
    if (run.exit_status == 127) continue;  // too few for the loader even
    if (run.exit_status != 0) ++refused;
    CHECK((run.exit_status == 0 || run.exit_status == 69 || run.exit_status == 71 || run.exit_status == 74));
    if (run.exit_status != 0) CHECK(run.err.find("Too many open files") != std::string::npos);
    CHECK(fixture.names("processing").empty());
    CHECK(fixture.names("failed").empty());
  }
  CHECK(refused > 3);
  CHECK(fixture.names("completed").size() == 3);
  check_none_blamed(fixture);
}
#endif

TEST_CASE("with no process to be had commands wait, other lanes go on, and none fails") {
  DaemonFixture fixture;
  const HttpServer server;
  write_three_lanes(fixture, server);
  Program daemon{under_strace(fixture, "clone,fork,vfork:error=EAGAIN:when=1", {}, spoold_command(fixture)),
                 traced()};
  daemon.wait_for_output("\"event\":\"started\"");
  enqueue_three(fixture, "x");
  daemon.wait_for_output("\"event\":\"lane_unavailable\"");
  fixture.wait_for_names("completed", 3);
  check_none_blamed(fixture);
  end(fixture, daemon);
}

TEST_CASE("a process that is killed before it is the program costs its entry no attempt") {
  DaemonFixture fixture;
  const HttpServer server;
  write_three_lanes(fixture, server);
  Program daemon{under_strace(fixture, "setsid:signal=KILL:when=1", {}, spoold_command(fixture)), traced()};
  daemon.wait_for_output("\"event\":\"started\"");
  enqueue_three(fixture, "x");
  daemon.wait_for_output("\"event\":\"lane_unavailable\"");
  fixture.wait_for_names("completed", 2);  // those of the other lanes
  end(fixture, daemon);
  check_none_blamed(fixture);
  const auto left = fixture.names("pending");
  REQUIRE(left.size() == 1);
  CHECK(left.front().find(".a") == std::string::npos);
}

TEST_CASE("at the user's own limit of processes commands wait, and run when it is raised") {
  if (::geteuid() == 0) return;  // root has none
  DaemonFixture fixture;
  const HttpServer server;
  write_three_lanes(fixture, server);
  const auto daemon = fixture.start_spoold();
  set_soft(daemon->pid(), RLIMIT_NPROC, 1);
  enqueue_three(fixture, "x");
  daemon->wait_for_output("\"event\":\"lane_unavailable\"");
  CHECK(fixture.names("failed").empty());
  set_soft(daemon->pid(), RLIMIT_NPROC, RLIM_INFINITY);
  fixture.wait_for_names("completed", 3);
  check_none_blamed(fixture);
  end(fixture, *daemon);
}

TEST_CASE("a daemon that gets no thread ends with 71, says why, and touches nothing") {
  DaemonFixture fixture;
  fixture.enqueue(effect_sql("x"));
  int refused = 0;
  for (ProgramResult run; run.exit_status != 0; ++refused) {
    const std::string refusal = "clone3:error=EAGAIN:when=" + std::to_string(refused + 1);
    run = run_program(under_strace(fixture, refusal, {}, spoold_command(fixture, "--once")), traced());
    INFO(refusal << ": " << run.err);
    if (run.exit_status == 0) continue;
    REQUIRE(run.exit_status == 71);
    CHECK(run.err.find("cannot go on: thread: Resource temporarily unavailable") != std::string::npos);
    CHECK(fixture.names("pending").size() == 1);
  }
  CHECK(refused > 1);
  check_all_done(fixture, {"x"});
}

#ifndef SPOOLD_SANITIZED
TEST_CASE("with too little memory the daemon ends and says so, or does its work, and nothing is lost") {
  DaemonFixture fixture;
  const HttpServer server;
  write_three_lanes(fixture, server);
  enqueue_three(fixture, "x");
  int refused = 0;
  // In steps so large that an entry is not held by three daemons in turn that die of it: that would condemn
  // it.
  for (int megabytes = 12; fixture.names("completed").size() < 3; megabytes += 8) {
    INFO(megabytes << " MB");
    REQUIRE(megabytes < 1000);
    const std::string limit = "--as=" + std::to_string(megabytes * 1024 * 1024);
    // Too little even for the loader, and for what libraries do before there is a main().
    if (run_program({"prlimit", limit, SPOOLD_PROGRAM, "--version"}).exit_status != 0) continue;
    const ProgramResult run = run_program(
        {"prlimit", limit, SPOOLD_PROGRAM, "--config", fixture.config(), "--log-format", "text", "--once"});
    INFO(run.err);
    if (run.exit_status != 0) ++refused;
    CHECK((run.exit_status == 0 || run.exit_status == 69 || run.exit_status == 71));
    CHECK_FALSE(run.err.empty());
    check_places(fixture);
    if (!fixture.names("failed").empty()) FAIL(fixture.text_of_only("failed"));
  }
  CHECK(refused > 1);
  CHECK(fixture.sql("SELECT count(*) FROM effect").front() == "1");
}
#endif

TEST_CASE("a log that cannot be written, for want of space or of a reader, does not stop the daemon") {
  const std::string to = GENERATE("2>/dev/full", "2>&-", "2>&1 | true");
  DaemonFixture fixture;
  Tags tags;
  for (int i = 0; i < 20; ++i) tags.insert(std::to_string(i));
  for (const std::string& tag : tags) fixture.enqueue(effect_sql(tag));
  const ProgramResult run = run_program(
      {"bash", "-o", "pipefail", "-c",
       "'" SPOOLD_PROGRAM "' --config '" + fixture.config() + "' --log-format text --once " + to});
  CHECK(run.exit_status == 0);
  check_all_done(fixture, tags);
}
