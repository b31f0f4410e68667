#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "integration/daemon_fixture.hpp"
#include "support/http_server.hpp"

using namespace spoold::test;

namespace {

// Enqueues in bulk: one line an entry.
void enqueue_lines(const DaemonFixture& fixture, const std::string& lines) {
  const ProgramResult result = fixture.spoolctl({"enqueue", "--jsonl"}, lines);
  INFO(result.err);
  REQUIRE(result.exit_status == 0);
}

std::string http_lane(const HttpServer& server, const std::string& path, const std::string& more) {
  return "type: http, url: \"" + server.url(path) + "\", " + more;
}

std::vector<std::string> lines_of(const std::string& file) {
  std::ifstream in{file};
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// "TIME begin ID ATTEMPT" and "TIME end ID ATTEMPT", seconds since 1970, as the script of the test writes
// them.
struct Mark {
  double time = 0;
  std::string what;
  std::string id;
};
std::vector<Mark> marks_of(const std::string& file) {
  std::vector<Mark> marks;
  for (const std::string& line : lines_of(file)) {
    std::istringstream words{line};
    Mark mark;
    words >> mark.time >> mark.what >> mark.id;
    marks.push_back(mark);
  }
  return marks;
}

constexpr const char* marking_body =
    "echo \"$(date +%s.%N) begin $SPOOLD_ID\" >> $0.log\n"
    "sleep 0.05\n"
    "echo \"$(date +%s.%N) end $SPOOLD_ID\" >> $0.log";

int most_at_once(const std::vector<Mark>& marks) {
  int running = 0;
  int most = 0;
  for (const Mark& mark : marks) {
    running += mark.what == "begin" ? 1 : -1;
    most = std::max(most, running);
  }
  return most;
}

// How often the upstream went from answering to not answering.
std::size_t times_down(std::vector<HttpServer::Request> requests) {
  std::sort(requests.begin(), requests.end(), [](const auto& a, const auto& b) { return a.end < b.end; });
  std::size_t times = 0;
  for (std::size_t i = 1; i < requests.size(); ++i)
    times += requests[i - 1].status == 200 && requests[i].status == 503 ? 1 : 0;
  return times;
}

}  // namespace

TEST_CASE("an upstream that answers 502 to fifty entries leaves fifty waiting, all done after it is back") {
  DaemonFixture fixture;
  HttpServer server;
  server.control(R"({"status":502})");
  fixture.write_lanes("", "backends: { web: { " + http_lane(server, "/echo", "concurrency: 3") + " } }\n");
  std::string lines;
  for (int i = 0; i < 50; ++i) lines += R"({"operation":"hook","body":{"i":)" + std::to_string(i) + "}}\n";
  enqueue_lines(fixture, lines);
  const auto daemon = fixture.start_spoold();
  daemon->wait_for_output("lane_unavailable");
  CHECK(fixture.names("completed").empty());
  CHECK(fixture.names("failed").empty());
  CHECK(fixture.names("deferred").empty());
  server.control("{}");
  fixture.wait_for_names("completed", 50);
  for (const std::string& name : fixture.names("completed"))
    CHECK(name.find(".a1.json") != std::string::npos);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}

TEST_CASE(
    "three hundred entries over three lanes are all done within the limits while one upstream goes down "
    "again "
    "and again") {
  DaemonFixture fixture;
  HttpServer server;
  const std::string program = fixture.script("mark", marking_body);
  fixture.write_lanes(
      "", "backends:\n  main: { type: sqlite, database: " + fixture.database() + " }\n  web: { " +
              http_lane(server, "/alternate/20/2", "concurrency: 3") +
              " }\n  run: { type: command, program: " + program + ", concurrency: 2, rate: 20/s }\n" +
              "routes:\n  - { operation: \"sql.*\", backend: main }\n"
              "  - { operation: \"web.*\", backend: web }\n  - { operation: \"*\", backend: run }\n");
  std::string lines;
  for (int i = 0; i < 100; ++i) {
    const std::string n = std::to_string(i);
    // The slow ones have the better priority: they must not hold the others up.
    lines += R"({"operation":"web.call","priority":1,"body":{"i":)" + n + "}}\n";
    lines += R"({"operation":"run.it","priority":1,"args":[")" + n + "\"]}\n";
    lines += R"({"operation":"sql.insert","priority":9,"sql":"INSERT INTO effect VALUES(')" + n + "')\"}\n";
  }
  server.control(R"({"hold":true})");
  enqueue_lines(fixture, lines);
  const auto daemon = fixture.start_spoold();
  server.wait_for_begun(1);
  fixture.wait_until("SELECT count(*) FROM effect", "100");
  // All of SQLite's are done, and the upstream has not answered a single call yet.
  CHECK(server.requests().empty());
  CHECK(fixture.sql("SELECT count(DISTINCT tag) FROM effect").front() == "100");
  server.control("{}");
  fixture.wait_for_names("completed", 300);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);

  CHECK(fixture.names("failed").empty());
  for (const std::string& name : fixture.names("completed")) {
    INFO(name);
    CHECK(name.find(".a1.json") != std::string::npos);  // no outage has cost anybody an attempt
  }
  const auto requests = server.requests();
  CHECK(HttpServer::most_at_once(requests) <= 3);
  CHECK(times_down(requests) >= 4);
  const auto marks = marks_of(program + ".log");
  CHECK(marks.size() == 200);
  CHECK(most_at_once(marks) <= 2);
  std::vector<double> starts;
  for (const Mark& mark : marks) {
    if (mark.what == "begin") starts.push_back(mark.time);
  }
  std::sort(starts.begin(), starts.end());
  // The clock of a start is read by the program, some time after the daemon began it: hence the slack of half
  // a second.
  for (std::size_t i = 20; i < starts.size(); ++i) CHECK(starts[i] - starts[i - 20] > 0.5);
}

TEST_CASE(
    "killed amid calls and commands, no entry is lost, none runs twice at once, and the key stays the same") {
  DaemonFixture fixture;
  HttpServer server;
  const std::string program = fixture.script("mark", marking_body);
  fixture.write_lanes(
      "max_crashes: 1000",
      "backends:\n  web: { " + http_lane(server, "/echo", "concurrency: 4") +
          " }\n  run: { type: command, program: " + program + ", concurrency: 4 }\n" +
          "routes:\n  - { operation: \"web.*\", backend: web }\n  - { operation: \"*\", backend: run }\n");
  server.control(R"({"delay_ms":20})");
  std::string lines;
  for (int i = 0; i < 40; ++i) {
    lines += R"({"operation":"web.call","body":{"i":)" + std::to_string(i) + "}}\n";
    lines += R"({"operation":"run.it","args":[")" + std::to_string(i) + "\"]}\n";
  }
  enqueue_lines(fixture, lines);
  for (int kills = 0; kills < 10; ++kills) {
    const auto daemon = fixture.start_spoold();
    daemon->wait_for_output("\"event\":\"completed\"");
    daemon->send_signal(SIGKILL);
    CHECK(daemon->wait().signal == SIGKILL);
  }
  const ProgramResult drained = fixture.spoold({"--drain"});
  INFO(drained.err);
  CHECK(drained.exit_status == 0);
  CHECK(fixture.names("completed").size() == 80);

  std::map<std::string, int> ended;
  for (const Mark& mark : marks_of(program + ".log")) {
    if (mark.what == "end") ++ended[mark.id];
  }
  CHECK(ended.size() == 40);
  std::map<std::string, std::vector<HttpServer::Request>> calls;
  for (const auto& request : server.requests()) calls[request.key].push_back(request);
  CHECK(calls.size() == 40);
  for (auto& [key, of_one] : calls) {
    INFO(key);
    // In the order of their beginnings none begins before the one before it is over.
    std::sort(of_one.begin(), of_one.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
    for (std::size_t i = 1; i < of_one.size(); ++i) CHECK(of_one[i].start >= of_one[i - 1].end);
  }
}

TEST_CASE("what a killed daemon's program left is dead before anything runs") {
  for (const bool taken_back : {false, true}) {  // by a person, meanwhile: nothing is in processing/ then
    CAPTURE(taken_back);
    DaemonFixture fixture;
    const std::string left = fixture.path("left");
    const std::string told = fixture.path("told");
    REQUIRE(::mkfifo(told.c_str(), 0600) == 0);
    // What is dead, although nobody has reaped it, has no environment any more.
    const std::string program = fixture.script(
        "leave", "if [ -s " + left + " ]; then\n" + "  test -z \"$(tr -d '\\0' 2>/dev/null < /proc/$(cat " +
                     left + ")/environ)\"; exit\n" + "fi\n" + "(setsid sh -c 'echo $$ > " + left +
                     "; exec sleep 999' &)\n" + "while ! [ -s " + left + " ]; do sleep 0.01; done; echo > " +
                     told + "; sleep 999\n");
    fixture.write_lanes("", "backends: { run: { type: command, program: " + program + " } }\n");
    enqueue_lines(fixture, "{\"operation\":\"run.it\"}\n");
    const auto daemon = fixture.start_spoold();
    std::ifstream{told}.get();
    daemon->send_signal(SIGKILL);
    CHECK(daemon->wait().signal == SIGKILL);
    if (taken_back) {
      fixture.drop("mine.json", fixture.text_of_only("processing"));
      std::filesystem::remove(fixture.queue() + "/processing/" + fixture.names("processing").at(0));
    }
    const ProgramResult ran = fixture.spoold({"--once"});
    INFO(ran.err);
    CHECK(ran.exit_status == 0);
    CHECK(fixture.names("completed").size() == 1);
  }
}

TEST_CASE("a route at its rate lets the other entries of its lane pass") {
  DaemonFixture fixture;
  HttpServer server;
  fixture.write_lanes("", "backends: { web: { " + http_lane(server, "/echo", "concurrency: 3") +
                              " } }\nroutes:\n  - { operation: slow, backend: web, rate: 1/h }\n"
                              "  - { operation: \"*\", backend: web }\n");
  std::string lines;
  for (int i = 0; i < 3; ++i) lines += "{\"operation\":\"slow\",\"priority\":1,\"body\":1}\n";
  for (int i = 0; i < 10; ++i) lines += "{\"operation\":\"fast\",\"body\":1}\n";
  enqueue_lines(fixture, lines);
  const auto daemon = fixture.start_spoold();
  fixture.wait_for_names("completed", 11);
  CHECK(fixture.names("pending").size() == 2);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}

TEST_CASE("an operation without a route fails and says which routes there are") {
  DaemonFixture fixture;
  fixture.write_lanes("", "backends: { main: { type: sqlite, database: " + fixture.database() +
                              " } }\nroutes: [ { operation: \"sql.*\", backend: main }, "
                              "{ operation: report, backend: main } ]\n");
  fixture.drop("a.json", R"({"operation":"strange","sql":"SELECT 1"})");
  CHECK(fixture.spoold({"--once"}).exit_status == 0);
  const std::string failed = fixture.text_of_only("failed");
  CHECK(failed.find("strange") != std::string::npos);
  CHECK(failed.find("sql.*, report") != std::string::npos);
}

TEST_CASE("a call that our stop interrupts is given back, its attempt not counted") {
  DaemonFixture fixture;
  HttpServer server;
  fixture.write_lanes("shutdown_grace: 100ms",
                      "backends: { web: { " + http_lane(server, "/hang", "timeout: 800s") + " } }\n");
  fixture.drop("a.json", R"({"operation":"slow","body":1})");
  const auto daemon = fixture.start_spoold();
  server.wait_for_begun(1);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
  const auto pending = fixture.names("pending");
  REQUIRE(pending.size() == 1);
  CHECK(pending.front().find(".a") == std::string::npos);
}

TEST_CASE("a reload takes new limits without dropping what runs, and a bad file changes nothing") {
  DaemonFixture fixture;
  HttpServer server;
  const auto config = [&](const std::string& more) {
    return "backends: { web: { " + http_lane(server, "/echo", "concurrency: 2" + more) + " } }\n";
  };
  fixture.write_lanes("", config(", paused: true"));
  fixture.drop("a.json", R"({"operation":"x","body":1})");
  const auto daemon = fixture.start_spoold();
  fixture.write_lanes("", "backends: { web: { type: htpt } }\n");
  daemon->send_signal(SIGHUP);
  daemon->wait_for_output("old configuration stays in force");
  CHECK(fixture.names("pending").size() == 1);
  fixture.write_lanes("", config(""));
  daemon->send_signal(SIGHUP);
  fixture.wait_for_names("completed", 1);

  // One call hangs in the old lane while the new one serves the rest.
  server.control(R"({"hold":true})");
  fixture.drop("b.json", R"({"operation":"x","body":2})");
  server.wait_for_begun(2);
  fixture.write_lanes("", "backends: { web: { " + http_lane(server, "/echo", "concurrency: 1") + " } }\n");
  daemon->send_signal(SIGHUP);
  fixture.drop("c.json", R"({"operation":"x","body":3})");
  daemon->wait_for_output("configuration read again", 2);
  server.control("{}");
  fixture.wait_for_names("completed", 3);
  CHECK(HttpServer::most_at_once(server.requests()) == 1);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}

TEST_CASE(
    "an attempt that may work later is deferred with its history, and fails when the attempts are used up") {
  DaemonFixture fixture;
  HttpServer server;
  fixture.write_lanes("", "retry: { max_retries: 2, initial: 10ms, max: 20ms }\nbackends: { web: { " +
                              http_lane(server, "/status/500", "concurrency: 1") + " } }\n");
  fixture.drop("a.json", R"({"operation":"x","body":1})");
  CHECK(fixture.spoold({"--drain"}).exit_status == 0);
  const std::string failed = fixture.text_of_only("failed");
  CHECK(failed.find("\"retries\":2") != std::string::npos);
  CHECK(failed.find("gave up after 3 attempts") != std::string::npos);
  CHECK(server.requests().size() == 3);
}

TEST_CASE("one entry that its upstream never takes neither stops the others nor waits for ever itself") {
  DaemonFixture fixture;
  HttpServer server;
  fixture.write_lanes("", "retry: { initial: 1h, max: 1h, jitter: none }\nbackends: { web: { " +
                              http_lane(server, "/status/{{body}}", "concurrency: 1") + " } }\n");
  std::string lines = R"({"operation":"x","priority":1,"body":504})"
                      "\n";
  for (int i = 0; i < 20; ++i)
    lines += R"({"operation":"x","body":200})"
             "\n";
  enqueue_lines(fixture, lines);
  const auto daemon = fixture.start_spoold();
  fixture.wait_for_names("completed", 20);
  fixture.wait_for_names("deferred", 1);
  CHECK(fixture.names("deferred").front().find(".a1.json") != std::string::npos);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}

TEST_CASE("a call that a reload has left in its old lane still gets the grace of a stop") {
  DaemonFixture fixture;
  HttpServer server;
  server.control(R"({"hold":true})");
  fixture.write_lanes("", "backends: { web: { " + http_lane(server, "/echo", "timeout: 30s") + " } }\n");
  fixture.drop("a.json", R"({"operation":"x","body":1})");
  const auto daemon = fixture.start_spoold();
  server.wait_for_begun(1);
  fixture.write_lanes("", "backends: { web: { " + http_lane(server, "/echo", "timeout: 31s") + " } }\n");
  daemon->send_signal(SIGHUP);
  daemon->wait_for_output("configuration read again");
  daemon->send_signal(SIGTERM);
  daemon->wait_for_output("\"event\":\"stopping\"");
  server.control("{}");
  CHECK(daemon->wait().exit_status == 0);
  CHECK(fixture.names("completed").size() == 1);
}
