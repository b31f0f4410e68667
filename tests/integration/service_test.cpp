#include <sys/file.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "daemon_fixture.hpp"
#include "os/gzip.hpp"

// start, stop, restart, logs and follow where systemd does not manage the queue; what the daemon writes for
// others.

using namespace spoold::test;
using Catch::Contains;

namespace {

// A fixture whose daemon is ended with it, however the test ends.
class Served {
 public:
  DaemonFixture fixture;
  explicit Served(const std::string& worker = "idle_exit: 0s") : fixture(worker) {}
  ~Served() { static_cast<void>(fixture.spoolctl({"stop"})); }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  [[nodiscard]] std::string pid() const { return run_program({"cat", fixture.queue() + "/.lock"}).out; }
  [[nodiscard]] std::string text(const std::string& file) const {
    return run_program({"cat", fixture.queue() + "/" + file}).out;
  }
};

}  // namespace

TEST_CASE("start returns when the daemon is at work, and stop when it has ended") {
  const Served served;
  const auto started = served.fixture.spoolctl({"start"});
  CAPTURE(started.err);
  CHECK(started.exit_status == 0);
  CHECK(started.out == "started spoold, pid " + served.pid().substr(0, served.pid().size() - 1) +
                           "; its log: spoolctl logs\n");
  CHECK(served.text("worker.pid") == served.pid());
  served.fixture.sql("CREATE TABLE t(x)");
  served.fixture.enqueue("INSERT INTO t VALUES (1)");
  served.fixture.wait_until("SELECT count(*) FROM t", "1");
  CHECK_THAT(served.fixture.spoolctl({"start"}).out, Contains("spoold is running already, pid "));
  const auto stopped = served.fixture.spoolctl({"stop"});
  CHECK(stopped.exit_status == 0);
  CHECK_THAT(stopped.out, Catch::StartsWith("stopped spoold, pid "));
  CHECK_FALSE(std::filesystem::exists(served.fixture.queue() + "/worker.pid"));
  CHECK(served.fixture.spoolctl({"stop"}).out == "no spoold is running\n");
}

TEST_CASE("restart leaves another daemon") {
  const Served served;
  REQUIRE(served.fixture.spoolctl({"start"}).exit_status == 0);
  const std::string before = served.pid();
  const auto result = served.fixture.spoolctl({"restart"});
  CHECK(result.exit_status == 0);
  CHECK_THAT(result.out, Contains("stopped spoold, pid ") && Contains("started spoold, pid "));
  CHECK(served.pid() != before);
}

TEST_CASE("a daemon that cannot start is told with its last words and its exit status") {
  const Served served;
  served.fixture.write_lanes(
      "", "backends:\n  main: { type: sqlite, database: work.db, statement_timeout: 5 }\n");
  const auto result = served.fixture.spoolctl({"--queue", served.fixture.queue(), "start"});
  CHECK(result.exit_status == 78);
}

TEST_CASE("start without a backend shows what spoold said") {
  const Served served;
  const auto result = run_program({SPOOLCTL_PROGRAM, "--queue", served.fixture.queue(), "start"},
                                  {.environment = {{"SPOOLD_CONFIG", {}}, {"SPOOLD_QUEUE", {}}}});
  CHECK(result.exit_status == 78);
  CHECK_THAT(result.err, Contains("backend") && Contains("spoold ended at once, with status 78"));
}

TEST_CASE("stop never signals a process that does not hold the queue's lock") {
  const Served served;
  Program other({"sleep", "60"});
  const auto write = [&](const std::string& file) {
    std::filesystem::remove(served.fixture.queue() + "/" + file);
    REQUIRE(run_program(
                {"sh", "-c",
                 "echo " + std::to_string(other.pid()) + " > '" + served.fixture.queue() + "/" + file + "'"})
                .exit_status == 0);
  };
  write("worker.pid");
  write(".lock");
  CHECK(served.fixture.spoolctl({"stop"}).out == "no spoold is running\n");
  CHECK(::kill(other.pid(), 0) == 0);
}

TEST_CASE("stop gives up when its time is up, and 75") {
  DaemonFixture fixture;
  fixture.write_lanes("shutdown_grace: 1h",
                      "backends:\n  main: { type: command, program: " +
                          fixture.script("hold", "read -r line < '" + fixture.path("fifo") + "'") +
                          ", timeout: 1h }\n");
  REQUIRE(run_program({"mkfifo", fixture.path("fifo")}).exit_status == 0);
  const auto daemon = fixture.start_spoold();
  REQUIRE(fixture.spoolctl({"enqueue", "-o", "x"}).exit_status == 0);
  fixture.wait_for_names("processing", 1);
  const auto result = fixture.spoolctl({"stop", "--timeout", "50ms"});
  CHECK(result.exit_status == 75);
  CHECK_THAT(result.err, Contains("is still stopping after "));
}

TEST_CASE("logs shows the last lines, and follow what is added") {
  const Served served;
  CHECK(served.fixture.spoolctl({"logs"}).exit_status == 66);
  REQUIRE(served.fixture.spoolctl({"start"}).exit_status == 0);
  Program follow({SPOOLCTL_PROGRAM, "--config", served.fixture.config(), "follow"});
  follow.wait_for_output("watch");
  served.fixture.enqueue("INSERT INTO nowhere VALUES (1)");
  follow.wait_for_output("no such table: nowhere");
  follow.send_signal(SIGINT);
  CHECK(follow.wait().signal == SIGINT);
  const auto last = served.fixture.spoolctl({"logs", "-n", "1"});
  CHECK(std::count(last.out.begin(), last.out.end(), '\n') == 1);
}

TEST_CASE("level.json follows what waits while the daemon runs") {
  DaemonFixture fixture;
  fixture.write_lanes("", "backends:\n  main: { type: sqlite, database: work.db, paused: true }\n");
  const auto daemon = fixture.start_spoold();
  const auto level = [&] {
    return nlohmann::json::parse(run_program({"cat", fixture.queue() + "/level.json"}).out, nullptr, false);
  };
  const auto wait_for = [&](const std::string& wanted) {
    // The file is replaced by a rename into the queue's directory; inotifywait is not everywhere.
    for (int look = 0; look < 3000; ++look) {
      const auto now = level();
      if (now.is_object() && now["level"] == wanted) return now;
      ::usleep(10'000);
    }
    return level();
  };
  CHECK(wait_for("STARVING")["produce"] == 20);
  for (int i = 0; i < 5; ++i) fixture.enqueue("SELECT 1");
  const auto balanced = wait_for("BALANCED");
  CHECK(balanced["level"] == "BALANCED");
  CHECK(balanced["pid"] == daemon->pid());
}

TEST_CASE("the daemon writes the metrics into a file, and at its end that it is down") {
  DaemonFixture fixture;
  fixture.write_lanes(
      "",
      "backends:\n  main: { type: sqlite, database: work.db }\nmetrics: { file: out.prom, interval: 1s }\n");
  fixture.enqueue("SELECT 1");
  REQUIRE(fixture.spoold({"--once"}).exit_status == 0);
  const auto text = run_program({"cat", fixture.path("out.prom")}).out;
  const std::string label = "{queue=\"" + fixture.queue() + "\"";
  CHECK_THAT(text, Contains("spoold_completed_total" + label + "} 1\n") &&
                       Contains("spoold_up" + label + "} 0\n") &&
                       Contains("spoold_entries" + label + ",state=\"completed\"} 1\n") &&
                       Catch::EndsWith("# EOF\n"));
}

TEST_CASE("a reload takes new thresholds of the load level and another file of metrics") {
  DaemonFixture fixture;
  const auto configure = [&](const std::string& more) {
    fixture.write_lanes("", "backends:\n  main: { type: sqlite, database: work.db, paused: true }\n" + more);
  };
  configure("");
  for (int i = 0; i < 5; ++i) fixture.enqueue("SELECT 1");
  const auto daemon = fixture.start_spoold();
  configure("pressure: { overflow: 4, high: 3, balanced: 2 }\nmetrics: { file: new.prom }\n");
  daemon->send_signal(SIGHUP);
  daemon->wait_for_output("configuration read again");
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
  CHECK_THAT(run_program({"cat", fixture.queue() + "/level.json"}).out, Contains("OVERFLOW"));
  CHECK_THAT(run_program({"cat", fixture.path("new.prom")}).out, Contains("state=\"pending\"} 5\n"));
}

TEST_CASE("a running daemon archives what is over its limits, by itself") {
  DaemonFixture fixture;
  fixture.write_lanes(
      "", "backends:\n  main: { type: sqlite, database: work.db }\nretention: { completed: { count: 1 } }\n");
  for (int i = 0; i < 4; ++i) fixture.enqueue("SELECT 1");
  REQUIRE(fixture.spoold({"--once"}).exit_status == 0);
  REQUIRE(fixture.names("completed").size() >= 1);
  // What an earlier life did within the last hour is not done again at once.
  std::filesystem::remove(fixture.queue() + "/archive/.clock");
  const auto daemon = fixture.start_spoold();
  fixture.wait_for_names("completed", 1);
  CHECK(fixture.names("archive").size() == 1);
}
