#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "entry/json.hpp"
#include "integration/daemon_fixture.hpp"
#include "support/http_server.hpp"
#include "support/print_result.hpp"

using namespace spoold::test;
using Catch::Contains;
using Names = std::vector<std::string>;

namespace {

constexpr const char* endless_sql =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

// Lanes main (SQLite), web (a server that never answers) and run (a program that sleeps).
class LiveFixture : public DaemonFixture {
 public:
  explicit LiveFixture(const std::string& worker = "") {
    program_ = script("sleeper", "echo $$ > $0.pid; exec sleep 1000");
    write_lanes(worker,
                "backends:\n  main: { type: sqlite, database: " + database() +
                    " }\n  web: { type: http, url: \"" + server_.url("/hang") +
                    "\", timeout: 1h }\n  run: { type: command, program: " + program_ +
                    ", timeout: 1h, kill_grace: 100ms }\n"
                    "routes:\n  - { operation: \"sql.*\", backend: main }\n"
                    "  - { operation: \"web.*\", backend: web }\n  - { operation: \"*\", backend: run }\n");
  }
  std::string enqueue_as(const std::string& operation, const std::string& sql = "SELECT 1",
                         Names more = {}) const {
    Names arguments{"enqueue", "--operation", operation, "--sql", sql};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramResult result = spoolctl(arguments);
    REQUIRE(result.exit_status == 0);
    return result.out.substr(0, result.out.find('\n'));
  }
  [[nodiscard]] spoold::Json status() const {
    const auto json = spoold::parse_json(spoolctl({"status", "--json"}).out);
    REQUIRE(json);
    return *json;
  }
  void end(Program& daemon) const {
    daemon.send_signal(SIGTERM);
    CHECK(daemon.wait().exit_status == 0);
  }

 private:
  HttpServer server_;
  std::string program_;
};

}  // namespace

TEST_CASE("cancel stops what runs: the call, the command, the statement") {
  const LiveFixture fixture;
  const auto daemon = fixture.start_spoold();
  for (const char* operation : {"web.x", "run.x", "sql.x"}) {
    const std::string id = fixture.enqueue_as(operation, endless_sql);
    fixture.wait_for_names("processing", 1);
    const std::string other = fixture.enqueue_as(operation, endless_sql);
    const ProgramResult result = fixture.spoolctl({"cancel", id});
    INFO(result.err);
    CHECK(result.exit_status == 0);
    CHECK(result.out == "cancelled 1 entry\n");
    CHECK(fixture.text_of_only("cancelled").find("while it ran") != std::string::npos);
    CHECK_THAT(fixture.spoolctl({"show", id}).out, Contains("cancelled"));
    CHECK(fixture.spoolctl({"cancel", other}).exit_status == 0);
    CHECK(fixture.names("processing").empty());
    for (const std::string& name : fixture.names("cancelled")) {
      std::filesystem::remove(fixture.path("queue/cancelled/" + name));
    }
  }
  fixture.end(*daemon);
}

TEST_CASE("what runs cannot be cancelled without a daemon, what is over not at all") {
  const LiveFixture fixture;
  const std::string id = fixture.enqueue_as("sql.x");
  REQUIRE(fixture.spoold({"--once"}).exit_status == 0);
  ProgramResult result = fixture.spoolctl({"cancel", id});
  CHECK(result.exit_status == 1);
  CHECK_THAT(result.err, Contains("it is completed already"));
  const std::string name = fixture.names("completed").at(0);
  std::filesystem::rename(fixture.path("queue/completed/" + name), fixture.path("queue/processing/" + name));
  result = fixture.spoolctl({"cancel", id});
  CHECK(result.exit_status == 1);
  CHECK_THAT(result.err, Contains("no daemon is running that could stop it"));
}

TEST_CASE("a pause takes effect at once, holds over restarts, and ends with resume") {
  const LiveFixture fixture;
  auto daemon = fixture.start_spoold();
  CHECK(fixture.spoolctl({"pause", "main", "--reason", "the disk moves"}).out ==
        "paused lane main; what runs now may end\n");
  daemon->wait_for_output("lane main is paused");
  fixture.enqueue_as("sql.x");
  fixture.enqueue_as("run.x");
  fixture.wait_for_names("processing", 1);
  CHECK(fixture.names("pending").size() == 1);
  const spoold::Json running = fixture.status()["report"]["running"][0];
  CHECK(running["operation"] == "run.x");
  CHECK(running["lane"] == "run");
  CHECK(fixture.spoolctl({"cancel", running["id"]}).exit_status == 0);
  fixture.end(*daemon);
  daemon = fixture.start_spoold();
  CHECK(fixture.names("pending").size() == 1);
  const spoold::Json lane = fixture.status()["report"]["lanes"][0];
  CHECK(lane["state"] == "paused");
  CHECK(lane["paused"]["reason"] == "the disk moves");
  CHECK(fixture.spoolctl({"resume", "main"}).out == "resumed lane main\n");
  fixture.wait_for_names("completed", 1);
  CHECK_FALSE(std::filesystem::exists(fixture.path("queue/paused.json")));
  fixture.end(*daemon);
}

TEST_CASE("a pause set while no daemon runs holds when one starts; --once tells that it is blocked") {
  const LiveFixture fixture;
  CHECK_THAT(fixture.spoolctl({"pause"}).out,
             Contains("paused all lanes") && Contains("no daemon is running"));
  fixture.enqueue_as("sql.x");
  const ProgramResult once = fixture.spoold({"--once"});
  CHECK(once.exit_status == 69);
  CHECK_THAT(once.err, Contains("main is paused"));
  CHECK(fixture.spoolctl({"resume", "main"}).out ==
        "resumed lane main\nno daemon is running: this holds when one starts\n");
  CHECK(fixture.spoold({"--once"}).exit_status == 0);
  CHECK(fixture.names("completed").size() == 1);
  // The others stay paused, each by its name.
  CHECK(fixture.spoolctl({"resume", "main"}).out == "lane main was not paused\n");
  CHECK(fixture.spoolctl({"resume", "web"}).exit_status == 0);
  CHECK(std::filesystem::exists(fixture.path("queue/paused.json")));
  CHECK(fixture.spoolctl({"resume", "run"}).exit_status == 0);
  CHECK_FALSE(std::filesystem::exists(fixture.path("queue/paused.json")));
}

TEST_CASE("a daemon with nothing but paused entries stays, and ends when they are done") {
  const LiveFixture fixture("idle_exit: 100ms");
  CHECK(fixture.spoolctl({"pause", "main"}).exit_status == 0);
  fixture.enqueue_as("sql.x");
  const auto daemon = fixture.start_spoold();
  // Well past idle_exit: the time of an entry in another lane comes, runs into nothing, and is taken back.
  const std::string later = fixture.enqueue_as("run.x", "SELECT 1", {"--not-before", "+1s"});
  fixture.wait_for_names("processing", 1);
  CHECK(fixture.spoolctl({"cancel", later}).exit_status == 0);
  CHECK(fixture.names("pending").size() == 1);
  CHECK(fixture.status()["daemon"]["running"] == true);
  CHECK(fixture.spoolctl({"resume"}).exit_status == 0);
  CHECK(daemon->wait().exit_status == 0);
  CHECK(fixture.names("completed").size() == 1);
}

TEST_CASE("a lane that the configuration pauses is told by resume to be paused there") {
  const LiveFixture fixture;
  fixture.write_lanes(
      "", "backends: { main: { type: sqlite, paused: true, database: " + fixture.database() + " } }\n");
  const ProgramResult result = fixture.spoolctl({"resume", "main"});
  CHECK(result.exit_status == 1);
  CHECK_THAT(result.err,
             Contains("paused by the configuration (backends.main.paused in " + fixture.config()));
  CHECK_THAT(fixture.spoolctl({"resume"}).out, Contains("lane main stays paused by the configuration"));
}

TEST_CASE("a lane that is not there is refused with those that are") {
  const LiveFixture fixture;
  for (const char* verb : {"pause", "resume"}) {
    const ProgramResult result = fixture.spoolctl({verb, "xyz"});
    CHECK(result.exit_status == 64);
    CHECK(result.err == "spoolctl: no lane 'xyz'; there are main, web or run\n");
  }
  CHECK_THAT(fixture.spoolctl({"pause", "mian"}).err, Contains("did you mean 'main'?"));
  CHECK_FALSE(std::filesystem::exists(fixture.path("queue/paused.json")));
}

TEST_CASE("pauses that cannot be read pause everything until somebody resumes") {
  const LiveFixture fixture;
  fixture.drop("x.json", R"({"operation":"sql.x","sql":"SELECT 1"})");
  std::filesystem::copy_file(fixture.config(), fixture.path("queue/paused.json"));
  const auto daemon = fixture.start_spoold();
  daemon->wait_for_output("all lanes are paused until it is mended");
  CHECK(fixture.spoolctl({"pause", "main"}).exit_status == 65);
  CHECK(fixture.names("pending").size() == 1);
  CHECK(fixture.spoolctl({"resume"}).exit_status == 0);
  fixture.wait_for_names("completed", 1);
  fixture.end(*daemon);
}

TEST_CASE("the control socket is the owner's alone and goes with the daemon") {
  const LiveFixture fixture;
  const std::string socket = fixture.path("queue/control.sock");
  {
    const auto killed = fixture.start_spoold();
    killed->send_signal(SIGKILL);
    static_cast<void>(killed->wait());
  }
  CHECK(std::filesystem::exists(socket));
  CHECK_THAT(fixture.spoolctl({"pause", "main"}).out, Contains("no daemon is running"));
  const auto daemon = fixture.start_spoold();
  struct stat status {};
  REQUIRE(::lstat(socket.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0600U);
  fixture.end(*daemon);
  CHECK_FALSE(std::filesystem::exists(socket));
}
