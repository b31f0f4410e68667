#include <unistd.h>

#include <catch2/catch.hpp>

#include "entry/json.hpp"
#include "os/file_lock.hpp"
#include "os/posix_file_system.hpp"
#include "queue_fixture.hpp"

using namespace spoold::test;
using Catch::Contains;
using Catch::StartsWith;

namespace {

// One entry or more in every state, all of 2026-01-02.
class SampleQueue : public CliQueue {
 public:
  SampleQueue() {
    put("pending", "05_01767328963000000001.json", R"({"operation":"update_checkpoint"})");
    put("pending", "01_01767328963000000002.c1.json", R"({"operation":"urgent","priority":1})");
    put("pending", "3_1767328963N_50032.json", R"({"operation":"hook","priority":7})");
    set_modified("pending/3_1767328963N_50032.json", 1767328963);
    put("processing", "05_01767328963000000003.a1.json", R"({"operation":"chat.ask"})");
    put("deferred", "1767329963000_05_01767328963000000004.a1.json",
        R"({"operation":"chat.ask","last_error":"HTTP 503"})");
    put("completed", "05_01767328963000000005.a1~foo.json", R"({"operation":"chat.ask"})");
    put("failed", "05_01767328963000000006.a4.json", failed_entry);
    put("failed", "05_01767328963000000007.a4.json",
        R"({"operation":"user.add","last_error":"UNIQUE constraint failed: users.name"})");
    put("failed", "05_01767328963000000008.a1.json", R"({"operation":"x","last_error":"expired"})");
    put("cancelled", "05_01767328963000000009.json", R"({"operation":"never"})");
    put("corrupt", "bar.json", "{");
    put("corrupt", "bar.json.reason", "byte 1: unexpected end of input\n");
    set_modified("corrupt/bar.json", 1767328963);
  }

  static constexpr const char* failed_entry =
      R"_({"operation":"user.add","sql":"INSERT INTO users(name)\nVALUES (?)","params":["Ada"],"retries":1,)_"
      R"_("last_error":"UNIQUE constraint failed: users.name","attempts":[)_"
      R"_({"attempt":1,"finished_at":"2026-01-02T04:42:44.000Z","outcome":"retry","reason":"database is locked"},)_"
      R"_({"attempt":2,"finished_at":"2026-01-02T04:42:46.000Z","outcome":"reject",)_"
      R"_("reason":"UNIQUE constraint failed: users.name"}]})_";
};

// As a daemon leaves it.
constexpr const char* stats =
    R"({"format":1,"pid":4242,"updated_at":"2026-01-02T04:42:43.000Z","started_at":"2026-01-02T03:42:43.000Z",)"
    R"("state":"running","watcher":"inotify","pending":3,"processing":1,"deferred":1,"totals":{"completed":10421,)"
    R"("failed":3,"retried":12,"released":0,"corrupt":1,"recovered":0,"starts":2},"storage":null,"lanes":[)"
    R"({"name":"main","state":"available","reason":"","running":1,"waiting":3,"concurrency":1},)"
    R"({"name":"llama","state":"unavailable","reason":"connection refused","since":"2026-01-02T04:40:43.000Z",)"
    R"("next_probe_at":"2026-01-02T04:43:43.000Z","running":0,"waiting":2,"concurrency":3}]})";

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::vector<std::string> files_listed(const ProgramResult& result) {
  std::vector<std::string> files;
  for (const auto& line : split_lines(result.out)) files.push_back((*spoold::parse_json(line))["file"]);
  return files;
}

}  // namespace

TEST_CASE("list --json tells the documented fields of each entry") {
  const SampleQueue queue;
  CHECK(
      queue.run({"list", "pending", "--json"}).out ==
      R"({"id":"01767328963000000002","state":"pending","file":"01_01767328963000000002.c1.json","label":null,"priority":1,"attempts":0,"crashes":1,"operation":"urgent","enqueued_at":"2026-01-02T04:42:43.000Z","due_at":null,"reason":null})"
      "\n"
      R"({"id":null,"state":"pending","file":"3_1767328963N_50032.json","label":null,"priority":3,"attempts":0,"crashes":0,"operation":"hook","enqueued_at":"2026-01-02T04:42:43.000Z","due_at":null,"reason":null})"
      "\n"
      R"({"id":"01767328963000000001","state":"pending","file":"05_01767328963000000001.json","label":null,"priority":5,"attempts":0,"crashes":0,"operation":"update_checkpoint","enqueued_at":"2026-01-02T04:42:43.000Z","due_at":null,"reason":null})"
      "\n");
  CHECK(
      queue.run({"list", "deferred", "--json"}).out ==
      R"({"id":"01767328963000000004","state":"deferred","file":"1767329963000_05_01767328963000000004.a1.json","label":null,"priority":5,"attempts":1,"crashes":0,"operation":"chat.ask","enqueued_at":"2026-01-02T04:42:43.000Z","due_at":"2026-01-02T04:59:23.000Z","reason":"HTTP 503"})"
      "\n");
  CHECK(
      queue.run({"list", "corrupt", "--json"}).out ==
      R"({"id":null,"state":"corrupt","file":"bar.json","label":null,"priority":5,"attempts":0,"crashes":0,"operation":null,"enqueued_at":"2026-01-02T04:42:43.000Z","due_at":null,"reason":"byte 1: unexpected end of input"})"
      "\n");
  CHECK(
      queue.run({"list", "completed", "--json"}).out ==
      R"({"id":"01767328963000000005","state":"completed","file":"05_01767328963000000005.a1~foo.json","label":"foo","priority":5,"attempts":1,"crashes":0,"operation":"chat.ask","enqueued_at":"2026-01-02T04:42:43.000Z","due_at":null,"reason":null})"
      "\n");
}

TEST_CASE("list without a state tells all: what runs, what waits, what failed, what is over") {
  const SampleQueue queue;
  std::vector<std::string> states;
  for (const auto& line : split_lines(queue.run({"list", "--json"}).out)) {
    states.push_back((*spoold::parse_json(line))["state"]);
  }
  CHECK(states == std::vector<std::string>{"processing", "pending", "pending", "pending", "deferred",
                                           "failed", "failed", "failed", "corrupt", "cancelled",
                                           "completed"});
}

TEST_CASE("list puts pending in the order of claim, deferred by due time, what is over newest first") {
  const CliQueue queue;
  queue.put("pending", "05_00000000000000000009.json", "{}");
  queue.put("pending", "05_00000000000000000008.json", "{}");
  queue.put("pending", "01_00000000000000000010.json", "{}");
  CHECK(files_listed(queue.run({"list", "pending", "--json"})) ==
        std::vector<std::string>{"01_00000000000000000010.json", "05_00000000000000000008.json",
                                 "05_00000000000000000009.json"});
  queue.put("deferred", "0000000002000_01_00000000000000000011.json", "{}");
  queue.put("deferred", "0000000001000_09_00000000000000000012.json", "{}");
  CHECK(files_listed(queue.run({"list", "deferred", "--json"})) ==
        std::vector<std::string>{"0000000001000_09_00000000000000000012.json",
                                 "0000000002000_01_00000000000000000011.json"});
  queue.put("failed", "01_00000000000000000013.json", "{}");
  queue.put("failed", "09_00000000000000000014.json", "{}");
  CHECK(files_listed(queue.run({"list", "failed", "--json"})) ==
        std::vector<std::string>{"09_00000000000000000014.json", "01_00000000000000000013.json"});
}

TEST_CASE("list takes filters and a limit, and says what it leaves out") {
  const SampleQueue queue;
  CHECK(files_listed(queue.run({"list", "--json", "--operation", "chat.*"})).size() == 3);
  CHECK(files_listed(queue.run({"list", "--json", "--operation", "?"})) ==
        std::vector<std::string>{"05_01767328963000000008.a1.json"});
  CHECK(files_listed(queue.run({"list", "--json", "--priority", "3"})) ==
        std::vector<std::string>{"3_1767328963N_50032.json"});
  CHECK(files_listed(queue.run({"list", "pending", "--json", "--limit", "2"})) ==
        std::vector<std::string>{"01_01767328963000000002.c1.json", "3_1767328963N_50032.json"});
  CHECK(files_listed(queue.run({"list", "failed", "--json", "--limit", "1"})) ==
        std::vector<std::string>{"05_01767328963000000008.a1.json"});
  const auto limited = queue.run({"list", "--limit", "2"});
  CHECK(split_lines(limited.out).size() == 3);
  CHECK(limited.err == "and 9 more (--limit 0 shows all)\n");
  const auto none = queue.run({"list", "pending", "--operation", "nothing"});
  CHECK(none.out.empty());
  CHECK(none.err == "no such entries\n");
}

TEST_CASE("list on a terminal shows a first page within 80 columns") {
  const CliQueue queue;
  for (int i = 10; i < 80; ++i) {
    queue.put("pending", "03_000000000000000000" + std::to_string(i) + ".json",
              R"({"operation":"an.operation.with.a.rather.long.name"})");
  }
  queue.put(
      "failed", "05_01767328963000000007.a4.json",
      R"({"operation":"an.operation.with.a.rather.long.name","last_error":"a reason that goes on and on"})");
  const auto page = queue.run_on_terminal({"list"});
  const auto shown = split_lines(page.out);
  REQUIRE(shown.size() == 52);
  CHECK(shown.back() == "and 21 more (--limit 0 shows all)");
  for (const auto& line : shown) CHECK(line.size() <= 80 + 2);  // the ellipsis is three bytes
  const auto failed = split_lines(queue.run_on_terminal({"list", "failed"}).out);
  CHECK_THAT(failed.at(1),
             StartsWith("01767328963000000007   5   4 ") && Contains("an.operation.wi…  a reason that"));
}

TEST_CASE("show tells where an entry is, what happened to it and what it asks for") {
  const SampleQueue queue;
  const auto result = queue.run({"show", "1767328963000000006"});
  CHECK(result.exit_status == 0);
  const auto age_at = result.out.find(" (");
  const auto age_end = result.out.find(')', age_at);
  CHECK(replaced(result.out, result.out.substr(age_at, age_end - age_at + 1), " (AGE)") ==
        "id          01767328963000000006\n"
        "state       failed\n"
        "file        " +
            queue.path() +
            "/failed/05_01767328963000000006.a4.json\n"
            "operation   user.add\n"
            "priority    5\n"
            "enqueued    2026-01-02T04:42:43.000Z (AGE)\n"
            "attempts    4\n"
            "reason      UNIQUE constraint failed: users.name\n"
            "history     #1  2026-01-02T04:42:44.000Z  retry  database is locked\n"
            "            #2  2026-01-02T04:42:46.000Z  reject  UNIQUE constraint failed: users.name\n"
            "sql         INSERT INTO users(name)\n"
            "            VALUES (?)\n"
            "params      [\"Ada\"]\n");
}

TEST_CASE("show --json holds the entry itself") {
  const SampleQueue queue;
  auto shown = *spoold::parse_json(queue.run({"show", "01767328963000000006", "--json"}).out);
  CHECK(shown["entry"] == *spoold::parse_json(SampleQueue::failed_entry));
  shown.erase("entry");
  CHECK(
      shown.dump() ==
      R"({"id":"01767328963000000006","state":"failed","file":"05_01767328963000000006.a4.json","label":null,"priority":5,"attempts":4,"crashes":0,"operation":"user.add","enqueued_at":"2026-01-02T04:42:43.000Z","due_at":null,"reason":"UNIQUE constraint failed: users.name"})");
  const auto corrupt = *spoold::parse_json(queue.run({"show", "bar", "--json"}).out);
  CHECK(corrupt["entry"].is_null());
  CHECK(corrupt["reason"] == "byte 1: unexpected end of input");
}

TEST_CASE("show finds an entry by id, file name, path, label and foreign name") {
  const SampleQueue queue;
  for (const char* reference :
       {"01767328963000000005", "1767328963000000005", "05_01767328963000000005.a1~foo.json",
        "05_01767328963000000005.json", "foo", "foo.json", "completed/05_01767328963000000005.a1~foo.json"}) {
    CAPTURE(reference);
    const auto result = queue.run({"show", reference, "--json"});
    REQUIRE(result.exit_status == 0);
    CHECK((*spoold::parse_json(result.out))["state"] == "completed");
  }
  for (const char* reference : {"3_1767328963N_50032.json", "3_1767328963N_50032", "1767328963N_50032"}) {
    CAPTURE(reference);
    CHECK(queue.run({"show", reference}).exit_status == 0);
  }
}

TEST_CASE("show of what is nowhere says where it looked, and 1") {
  const SampleQueue queue;
  const auto result = queue.run({"show", "42"});
  CHECK(result.exit_status == 1);
  CHECK(result.err ==
        "spoolctl: no entry '42' in " + queue.path() +
            " (looked in pending, processing, deferred, completed, failed, cancelled, corrupt)\n");
}

TEST_CASE("what an entry holds cannot write to the terminal") {
  const CliQueue queue;
  queue.put("pending", "05_00000000000000000007.json",
            "{\"operation\":\"a\",\"sql\":\"\\u001b[2J\",\"metadata\":{\"x\":\"\\u009b\"}}");
  queue.put("corrupt", "\x1b[2J.json", "{");
  for (const std::vector<std::string>& verb : {std::vector<std::string>{"show", "7"}, {"list"}, {"errors"}}) {
    const auto result = queue.run(verb);
    CHECK(result.exit_status == 0);
    CHECK(result.out.find('\x1b') == std::string::npos);
    CHECK(result.out.find("\xc2\x9b") == std::string::npos);
  }
}

TEST_CASE("errors groups what failed by reason, the most frequent first") {
  const SampleQueue queue;
  CHECK(
      queue.run({"errors", "--json"}).out ==
      R"({"state":"failed","reason":"UNIQUE constraint failed: users.name","count":2,"operations":["user.add"],"example":"01767328963000000007"})"
      "\n"
      R"({"state":"failed","reason":"expired","count":1,"operations":["x"],"example":"01767328963000000008"})"
      "\n"
      R"({"state":"corrupt","reason":"byte 1: unexpected end of input","count":1,"operations":[],"example":"bar.json"})"
      "\n");
  CHECK(queue.run({"errors"}).out ==
        "      2  failed   UNIQUE constraint failed: users.name\n"
        "                  e.g. 01767328963000000007 (user.add)\n"
        "      1  failed   expired\n"
        "                  e.g. 01767328963000000008 (x)\n"
        "      1  corrupt  byte 1: unexpected end of input\n"
        "                  e.g. bar.json\n");
  CHECK(CliQueue().run({"errors"}).out == "nothing has failed\n");
}

TEST_CASE("status --json counts the directories, daemon or not") {
  const SampleQueue queue;
  auto status = *spoold::parse_json(queue.run({"status", "--json"}).out);
  CHECK(
      status.dump() ==
      R"({"queue":")" + queue.path() +
          R"(","counts":{"pending":3,"processing":1,"deferred":1,"completed":1,"failed":3,"cancelled":1,"corrupt":1},)"
          R"("oldest_pending_at":"2026-01-02T04:42:43.000Z","next_due_at":"2026-01-02T04:59:23.000Z",)"
          R"("enqueued_last_minute":0,"enqueued_last_hour":0,"processed_last_minute":0,)"
          R"("totals":{"enqueued":6,"processed":0,"direct":0},"level":"LOW","produce":15,"direct_writes":0,)"
          R"("daemon":{"running":false,"pid":null},"paused":null,"report":null,"report_problem":null})");
  queue.directory().write("q/stats.json", stats);
  status = *spoold::parse_json(queue.run({"status", "--json"}).out);
  CHECK(status["report"] == *spoold::parse_json(stats));
}

TEST_CASE("show tells how often the daemon died holding an entry") {
  const SampleQueue queue;
  CHECK_THAT(queue.run({"show", "01767328963000000002"}).out,
             Contains(", and the daemon died 1 time holding it\n"));
}

TEST_CASE("status says what the daemon last told, whatever is missing there") {
  const SampleQueue queue;
  queue.directory().write("q/stats.json", stats);
  const auto told = queue.run({"status"});
  CHECK_THAT(told.out,
             Contains("daemon      not running, last report ") && Contains(" by 'spoolctl start'\n") &&
                 Contains("totals      enqueued 10,431, processed 10,424, completed 10,421, failed 3,") &&
                 Contains("main                 available          1        3      1\n") &&
                 Contains("llama                unavailable        0        2      3\n") &&
                 Contains("            connection refused, since "));
  queue.directory().write(
      "q/stats.json", R"({"state":7,"lanes":[3,{"name":"x"}],"totals":[],"storage":{"reason":"disk full"}})");
  const auto odd = queue.run({"status"});
  CHECK(odd.exit_status == 0);
  CHECK_THAT(odd.out, Contains("claims have stopped, at an unknown time: disk full"));
  queue.directory().write("q/stats.json", "{");
  const auto broken = queue.run({"status"});
  CHECK(broken.exit_status == 0);
  CHECK_THAT(broken.out, Contains("cannot read its stats.json: byte 1"));
}

TEST_CASE("status names the daemon that holds the queue") {
  const CliQueue queue;
  spoold::PosixFileSystem files;
  const auto directory = files.open_directory(queue.path());
  const auto lock = spoold::FileLock::take(directory->handle, ".lock");
  REQUIRE(lock.has_value());
  CHECK_THAT(queue.run({"status"}).out, Contains("daemon      running, pid " + std::to_string(::getpid())));
  CHECK((*spoold::parse_json(queue.run({"status", "--json"}).out))["daemon"]["pid"] == ::getpid());
}

TEST_CASE("status fits 80 columns and is coloured on a terminal that has colours, unless NO_COLOR") {
  const SampleQueue queue;
  queue.directory().write("q/stats.json", stats);
  for (const auto& line : split_lines(queue.run_on_terminal({"status"}).out)) {
    CAPTURE(line);
    CHECK((line.size() <= 80 || line.starts_with("queue ")));
  }
  const auto run = [&](std::optional<std::string> no_color) {
    return run_spoolctl({"--queue", queue.path(), "status"},
                        {.environment = {{"TERM", "xterm"}, {"NO_COLOR", no_color}}, .terminal = true});
  };
  CHECK_THAT(run({}).out, Contains("\x1b["));
  CHECK_THAT(run("1").out, !Contains("\x1b["));
  CHECK_THAT(queue.run({"status"}).out, !Contains("\x1b["));
}
