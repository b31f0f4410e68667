#include <catch2/catch.hpp>
#include <filesystem>

#include "daemon_fixture.hpp"

// scripts/queue-lib.sh, sourced by real shells, with the real programs and a real database.

using namespace spoold::test;
using Catch::Contains;

namespace {

class Hooks {
 public:
  DaemonFixture fixture{"idle_exit: 0s"};
  Hooks() { fixture.sql("CREATE TABLE events(name TEXT, text TEXT)"); }

  // Bash with the library sourced.
  [[nodiscard]] ProgramResult run(const std::string& script,
                                  std::map<std::string, std::string> variables = {}) const {
    ProgramOptions options;
    options.environment = {{"QUEUE_BASE_DIR", fixture.queue()},
                           {"QUEUE_DATABASE", fixture.database()},
                           {"SPOOLCTL", SPOOLCTL_PROGRAM},
                           {"SPOOLD_QUEUE", {}},
                           {"SPOOLD_CONFIG", {}},
                           {"LC_ALL", "C.UTF-8"}};
    for (auto& [name, value] : variables) options.environment[name] = value;
    return run_program({"bash", "-c", "set -u; source '" QUEUE_LIB "'; " + script}, options);
  }

  [[nodiscard]] std::string count(const std::string& where = "1") const {
    return fixture.sql("SELECT count(*) FROM events WHERE " + where).at(0);
  }
};

}  // namespace

TEST_CASE("sourcing the library starts no process") {
  const Hooks hooks;
  const auto result = run_program({"strace", "-f", "-e", "trace=execve,clone,clone3,fork,vfork", "bash", "-c",
                                   "source '" QUEUE_LIB "'; queue_is_available"});
  CHECK_THAT(result.err, Contains("execve"));
  CHECK_THAT(result.err, !Contains("clone") && !Contains("fork("));
}

TEST_CASE(
    "eight shells write at once, with quotes, newlines, UTF-8 and control characters, and all of it "
    "arrives") {
  const Hooks hooks;
  const auto daemon = hooks.fixture.start_spoold();
  // In SQL a quote is doubled; everything else stands for itself.
  const std::string script =
      "text=$'a \"b\" \\\\ \\n\\t\\r\\x01\\x1f\\x7f \\u00e4\\u20ac\\U0001d11e & \\\\u0001 %s ${x}'; "
      "for i in {1..20}; do "
      "queue_db_write \"INSERT INTO events VALUES ('$1-$i', '${text//\\'/\\'\\'}')\" event.add \"$((i % 10 + "
      "1))\" "
      "'{\"session\":\"42\"}' || exit; done";
  std::vector<std::unique_ptr<Program>> shells;
  for (int shell = 0; shell < 8; ++shell) {
    shells.push_back(std::make_unique<Program>(
        std::vector<std::string>{
            "bash", "-c", "source '" QUEUE_LIB "'; set -- shell" + std::to_string(shell) + "; " + script},
        ProgramOptions{.environment = {{"QUEUE_BASE_DIR", hooks.fixture.queue()},
                                       {"SPOOLCTL", SPOOLCTL_PROGRAM},
                                       {"SPOOLD_CONFIG", {}},
                                       {"LC_ALL", "C.UTF-8"}}}));
  }
  for (auto& shell : shells) {
    const auto result = shell->wait();
    CAPTURE(result.err);
    CHECK(result.exit_status == 0);
  }
  hooks.fixture.wait_until("SELECT count(*) FROM events", "160");
  CHECK(hooks.fixture.sql("SELECT count(DISTINCT name) FROM events").at(0) == "160");
  const std::string text = "a \"b\" \\ \n\t\r\x01\x1f\x7f \u00e4\u20ac\U0001d11e & \\u0001 %s ${x}";
  CHECK(hooks.fixture.sql("SELECT DISTINCT text FROM events") == std::vector<std::string>{text});
  CHECK(hooks.fixture.names("failed").empty());
}

TEST_CASE("a million bytes of SQL pass, with spoolctl and by printf and mv") {
  const Hooks hooks;
  const auto daemon = hooks.fixture.start_spoold();
  const std::string script =
      "big=$(head -c 999000 /dev/zero | tr '\\0' x); "
      "queue_db_write \"INSERT INTO events VALUES ('big', '$big')\" event.add";
  CHECK(hooks.run(script).exit_status == 0);
  CHECK(hooks.run(script, {{"QUEUE_SYNC", "0"}}).exit_status == 0);
  CHECK(hooks.run(script, {{"SPOOLCTL", "/no/such/spoolctl"}}).exit_status == 0);
  hooks.fixture.wait_until("SELECT count(*) FROM events WHERE length(text) = 999000", "3");
}

TEST_CASE("in one's own queue nobody else may read what is written by printf and mv") {
  const Hooks hooks;
  const auto result = hooks.run("queue_write 'SELECT 1' a; stat -c %a \"$QUEUE_BASE_DIR\"/pending/*",
                                {{"SPOOLCTL", "/no/such/spoolctl"}});
  CHECK(result.out == "600\n");
}

TEST_CASE("without a queue a write goes straight into the database, and is counted beside it") {
  const Hooks hooks;
  const auto result = hooks.run(
      "queue_db_write \"INSERT INTO events VALUES ('it''s', 'direct')\" event.add; echo status $?; "
      "queue_stats_get direct",
      {{"QUEUE_BASE_DIR", hooks.fixture.path("no-queue")}});
  CHECK_THAT(result.out, Contains("status 0\n1\n"));
  CHECK_THAT(result.err, Contains("no queue that can be used at") && Contains("queue_init_dirs"));
  CHECK(hooks.count("name = 'it''s'") == "1");
  CHECK_THAT(hooks.fixture.spoolctl({"metrics"}).out,
             Contains("spoold_direct_writes_total{queue=\"" + hooks.fixture.queue() + "\"} 1\n"));
}

TEST_CASE("USE_QUEUE=0 writes into the database at once, and eight shells lose no count") {
  const Hooks hooks;
  const auto result = hooks.run(
      "for shell in {1..8}; do (for i in {1..5}; do queue_db_write \"INSERT INTO events VALUES ('x', 'y')\" "
      "a || "
      "exit; done) & done; wait; queue_stats_get direct",
      {{"USE_QUEUE", "0"}});
  CHECK(result.out == "40\n");
  CHECK(hooks.count() == "40");
  CHECK(hooks.fixture.names("pending").empty());
}

TEST_CASE("a direct write is all or nothing, and no command to sqlite3") {
  const Hooks hooks;
  const auto bad =
      hooks.run("db_write \"INSERT INTO events VALUES ('a', 'b'); INSERT INTO nowhere VALUES (1)\"; echo $?");
  CHECK(bad.out == "74\n");
  CHECK_THAT(bad.err, Contains("no such table: nowhere"));
  const auto dotted = hooks.run("db_write $'INSERT INTO events VALUES (1, 2);\\n.shell touch " +
                                hooks.fixture.path("made") + "\\n'; echo $?");
  CHECK(dotted.out == "74\n");
  CHECK_FALSE(std::filesystem::exists(hooks.fixture.path("made")));
  const auto left = hooks.run("db_write $'INSERT INTO events VALUES (1, 2);\\n.quit\\n'; echo $?");
  CHECK(left.out == "74\n");
  CHECK(hooks.count() == "0");
}

TEST_CASE("a wrong call is told with what would be right, and nothing is written") {
  const Hooks hooks;
  const auto status = [&](const std::string& call) { return hooks.run(call + "; echo $?").out; };
  CHECK(status("queue_db_write") == "64\n");
  CHECK(status("queue_db_write 'SELECT 1'") == "64\n");
  CHECK(status("queue_db_write 'SELECT 1' op 11") == "64\n");
  CHECK(status("queue_db_write 'SELECT 1' op 5 '[]'") == "65\n");
  CHECK(status("queue_db_write 'SELECT 1' op 5 '{\"a\":}'") == "65\n");
  CHECK_THAT(hooks.run("queue_db_write 'SELECT 1' op 11").err,
             Contains("queue-lib: no priority '11': expected 1 (first) to 10"));
  CHECK(hooks.fixture.names("pending").empty());
  CHECK(hooks.run("queue_stats_get direct").out == "0\n");
}

TEST_CASE("the library counts what waits and runs, and reads the totals") {
  const Hooks hooks;
  CHECK(hooks.run("queue_size; queue_processing_count; queue_is_available && echo yes").out == "0\n0\nyes\n");
  CHECK(hooks.run("queue_write \"INSERT INTO events VALUES (1, 2)\" a; queue_size").out == "1\n");
  REQUIRE(hooks.fixture.spoold({"--once"}).exit_status == 0);
  CHECK(hooks.run("queue_size; queue_stats_get completed").out == "0\n1\n");
  CHECK_THAT(hooks.run("queue_stats_get").out, Contains("\"totals\""));
  CHECK_THAT(hooks.run("queue_stats_get nothing").err, Contains("no total 'nothing'"));
}

TEST_CASE("a worker is started as the variables say, found, and stopped") {
  const Hooks hooks;
  const std::string queue = hooks.fixture.path("own");
  const std::map<std::string, std::string> variables{
      {"QUEUE_BASE_DIR", queue},       {"QUEUE_BATCH_SIZE", "7"},      {"QUEUE_MAX_RETRIES", "2"},
      {"QUEUE_IDLE_EXIT", "60"},       {"QUEUE_POLL_INTERVAL", "0.5"}, {"QUEUE_PROCESSING_TIMEOUT", "9"},
      {"SQLITE_BUSY_TIMEOUT", "1234"}, {"QUEUE_AUTOSTART", "1"}};
  const auto result = hooks.run(
      "queue_init_dirs; queue_worker_is_running; echo before $?; "
      "queue_db_write \"INSERT INTO events VALUES ('auto', 'started')\" a; echo wrote $?; "
      "queue_worker_is_running; echo after $?; \"$SPOOLCTL\" --queue \"$QUEUE_BASE_DIR\" drain -q",
      variables);
  CAPTURE(result.err);
  CHECK(result.out == "before 1\nwrote 0\nafter 0\n");
  CHECK(hooks.count("name = 'auto'") == "1");
  const auto config = run_program({"cat", queue + "/worker.yaml"}).out;
  CHECK_THAT(config, Contains("batch: 7,") && Contains("max_retries: 2") && Contains("idle_exit: 60s") &&
                         Contains("poll_interval: 0.5s") && Contains("statement_timeout: 9s") &&
                         Contains("busy_timeout: 1234ms"));
  CHECK(hooks.run("queue_ensure_worker && queue_stop_worker; queue_worker_is_running; echo $?", variables)
            .out == "1\n");
}
