#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>

#include "entry/entry_name.hpp"
#include "entry/json.hpp"
#include "queue_fixture.hpp"

using namespace spoold::test;
using Catch::Contains;

// list's filters, explain, shape and wait on a queue without a daemon.

namespace {

constexpr const char* entry = R"({"operation":"a"})";

std::vector<std::string> files_of(const std::string& out) {
  std::vector<std::string> files;
  for (std::size_t at = 0; at < out.size();) {
    const auto end = out.find('\n', at);
    files.push_back((*spoold::parse_json(out.substr(at, end - at)))["file"]);
    at = end + 1;
  }
  return files;
}

// The name of an entry enqueued so long ago.
std::string name_of_age(std::chrono::nanoseconds age) {
  const auto then = std::chrono::system_clock::now() - age;
  return spoold::format_entry_name({.priority = 5,
                                    .seq = static_cast<std::uint64_t>(then.time_since_epoch().count()),
                                    .label = {},
                                    .due_ms = {}});
}

// As that document, with the members that change cut out.
spoold::Json explained(const CliQueue& queue, const std::string& id) {
  const auto result = queue.run({"explain", id, "--json"});
  INFO(result.err);
  REQUIRE(result.exit_status == 0);
  return *spoold::parse_json(result.out);
}

}  // namespace

TEST_CASE("list filters by age and by text") {
  using namespace std::chrono_literals;
  const CliQueue queue;
  const std::string old_one = name_of_age(3h);
  const std::string new_one = name_of_age(1min);
  queue.put("pending", old_one, R"({"operation":"a","metadata":{"for":"ada@example.org"}})");
  queue.put("pending", new_one, R"({"operation":"b","last_error":"no such table"})");
  using Files = std::vector<std::string>;
  CHECK(files_of(queue.run({"list", "--json", "--older", "1h"}).out) == Files{old_one});
  CHECK(files_of(queue.run({"list", "--json", "--newer", "1h"}).out) == Files{new_one});
  CHECK(files_of(queue.run({"list", "--json", "--newer", "1d", "--older", "1s"}).out) ==
        Files{old_one, new_one});
  CHECK(files_of(queue.run({"list", "--json", "--text", "ada@"}).out) == Files{old_one});
  CHECK(files_of(queue.run({"list", "--json", "--text", "no such"}).out) == Files{new_one});
  CHECK(files_of(queue.run({"list", "--json", "--text", new_one.substr(0, 20)}).out).size() >= 1);
  CHECK(queue.run({"list", "--text", "nothing of the kind"}).err == "no such entries\n");
  CHECK(queue.run({"list", "--older", "long"}).exit_status == 64);
}

TEST_CASE("a long listing comes in pages, in order and each entry once") {
  const CliQueue queue;
  std::string expected;
  for (std::uint64_t i = 1; i <= 10'050; ++i) {
    queue.put("failed", spoold::format_entry_name({.priority = 5, .seq = i, .label = {}, .due_ms = {}}),
              entry);
  }
  const auto files = files_of(queue.run({"list", "failed", "--json"}).out);
  REQUIRE(files.size() == 10'050);
  CHECK(std::is_sorted(files.rbegin(), files.rend()));
  CHECK(std::adjacent_find(files.begin(), files.end()) == files.end());
  const auto some = queue.run({"list", "failed", "--limit", "3"});
  CHECK(some.err == "and 10,047 more (--limit 0 shows all)\n");
}

TEST_CASE("explain --json tells the documented fields") {
  const CliQueue queue;
  queue.put("deferred", "8836058563000_05_00000000000000000007.a1.json",
            R"({"operation":"a","last_error":"HTTP 503"})");
  auto told = explained(queue, "7");
  CHECK_THAT(told["sentence"].get<std::string>(),
             Contains("attempt 1 failed: HTTP 503; it is due again in ") && Contains("04:42:43 UTC"));
  told["sentence"] = "";
  CHECK(
      told.dump() ==
      R"({"id":"00000000000000000007","state":"deferred","because":"due","sentence":"",)"
      R"("until":"2250-01-02T04:42:43.000Z","lane":null,"ahead_of_better_priority":0,"ahead_of_its_priority":0})");
}

TEST_CASE("explain gives the date of what is due in a day or later") {
  const CliQueue queue;
  const auto added = queue.run({"enqueue", "-o", "a", "--not-before", "2099-03-04T05:06:07Z"});
  const auto soon = queue.run({"enqueue", "-o", "a", "--not-before", "+2h"});
  const auto told = [&](const ProgramResult& id) { return queue.run({"explain", id.out.substr(0, 20)}).out; };
  CHECK_THAT(told(added), Contains(" (2099-03-04 05:06:07 UTC)"));
  CHECK_THAT(told(soon), Contains("due in 1h59m (") && !Contains("-"));
}

TEST_CASE("explain says in one sentence why an entry is where it is, with the daemon down") {
  const CliQueue queue;
  queue.put("pending", "01_00000000000000000001.json", entry);
  queue.put("pending", "05_00000000000000000002.json", entry);
  queue.put("pending", "05_00000000000000000003.json", entry);
  queue.put("processing", "05_00000000000000000004.a1.json", entry);
  queue.put("failed", "05_00000000000000000005.a1.json",
            R"({"operation":"a","last_error":"no such table: x"})");
  queue.put("corrupt", "bad.json", "{");
  queue.put("corrupt", "bad.json.reason", "byte 1: unexpected end\n");
  queue.put("deferred", "0000000001000_05_00000000000000000006.json", entry);
  CHECK(explained(queue, "1")["because"] == "no_daemon");
  const auto last = explained(queue, "3");
  CHECK(last["ahead_of_better_priority"] == 1);
  CHECK(last["ahead_of_its_priority"] == 1);
  CHECK_THAT(queue.run({"explain", "3"}).out,
             Contains("00000000000000000003 (pending): no daemon is running") &&
                 Contains("it is behind 1 of higher priority and 1 older of its own priority\n"));
  CHECK(explained(queue, "4")["because"] == "left_over");
  CHECK_THAT(queue.run({"explain", "5"}).out, Contains("it failed: no such table: x"));
  CHECK_THAT(queue.run({"explain", "bad"}).out, Contains("it is no entry: byte 1"));
  CHECK_THAT(queue.run({"explain", "6"}).out, Contains("its producer put it off; it is due now"));
  queue.directory().write("q/paused.json", R"({"all":{"by":"ada","since":"2026-01-02T04:42:43.000Z"}})");
  CHECK(explained(queue, "1")["because"] == "paused");
  CHECK(queue.run({"explain", "42"}).exit_status == 1);
}

TEST_CASE("explain knows from the configuration that no route leads anywhere") {
  const CliQueue queue;
  queue.put("pending", "05_00000000000000000001.json", entry);
  queue.directory().write("c.yaml", "queue: { directory: " + queue.path() +
                                        " }\nbackends: { main: { type: sqlite, database: /nowhere.db } }\n"
                                        "routes: [ { operation: \"b.*\", backend: main } ]\n");
  const auto told = run_spoolctl({"--config", queue.directory() / "c.yaml", "explain", "1"});
  CHECK_THAT(told.out, Contains("no route leads from its operation 'a' to a backend"));
}

TEST_CASE("shape counts what waits by operation and age") {
  using namespace std::chrono_literals;
  const CliQueue queue;
  queue.put("pending", name_of_age(10s), entry);
  queue.put("pending", name_of_age(2min), entry);
  queue.put("deferred", "8836058563000_" + name_of_age(4h), R"({"operation":"b"})");
  queue.put("failed", name_of_age(1s), R"({"operation":"c"})");
  CHECK(
      queue.run({"shape", "--json"}).out ==
      R"({"classes":["1m","5m","15m","1h","3h","12h","1d","3d","7d","more"],"total":3,"ages":[1,1,0,0,0,1,0,0,0,0],)"
      R"("operations":[{"operation":"a","total":2,"ages":[1,1,0,0,0,0,0,0,0,0]},)"
      R"({"operation":"b","total":1,"ages":[0,0,0,0,0,1,0,0,0,0]}]})"
      "\n");
  CHECK(queue.run({"shape"}).out ==
        "OPERATION               TOTAL   1m   5m  15m   1h   3h  12h   1d   3d   7d more\n"
        "TOTAL                       3    1    1    .    .    .    1    .    .    .    .\n"
        "a                           2    1    1    .    .    .    .    .    .    .    .\n"
        "b                           1    .    .    .    .    .    1    .    .    .    .\n");
  CHECK_THAT(queue.run({"shape", "--limit", "1"}).out, Contains("\n(1 others) "));
  CHECK_THAT(queue.run({"shape", "failed"}).out, Contains("\nc  "));
  CHECK(queue.run({"shape", "faild"}).err == "spoolctl: no state 'faild'; did you mean 'failed'?\n");
}

TEST_CASE("wait ends when all are over, and its status tells whether all were completed") {
  const CliQueue queue;
  queue.put("pending", "05_00000000000000000001.json", entry);
  queue.put("completed", "05_00000000000000000002.a1.json", entry);
  queue.put("failed", "05_00000000000000000003.a4.json", R"({"operation":"a","last_error":"no such table"})");
  Program wait(queue.command({"wait", "1", "2"}));
  wait.wait_for_output("no daemon is running on this queue");
  queue.move("pending/05_00000000000000000001.json", "processing/05_00000000000000000001.a1.json");
  queue.move("processing/05_00000000000000000001.a1.json", "completed/05_00000000000000000001.a1.json");
  const auto done = wait.wait();
  CHECK(done.exit_status == 0);
  CHECK(done.out == "2 of 2 entries completed\n");
  const auto failed = queue.run({"wait", "2", "3"});
  CHECK(failed.exit_status == 1);
  CHECK_THAT(failed.err, Contains("entry 3 is failed: no such table"));
  CHECK(queue.run({"wait", "-q", "2"}).out.empty());
}

TEST_CASE("wait takes ids from standard input, and tells of those that are not there") {
  const CliQueue queue;
  queue.put("completed", "05_00000000000000000002.a1~foo.json", entry);
  CHECK(queue.run({"wait", "-"}, "00000000000000000002\n2\n\nfoo.json").exit_status == 0);
  const auto missing = queue.run({"wait", "-", "--json"}, "2\n99\n");
  CHECK(missing.exit_status == 1);
  CHECK(files_of(missing.out) == std::vector<std::string>{"05_00000000000000000002.a1~foo.json"});
  CHECK_THAT(missing.err, Contains("no entry '99'"));
}

TEST_CASE("wait gives up after its time, and notices what was removed") {
  const CliQueue queue;
  queue.put("pending", "05_00000000000000000001.json", entry);
  const auto late = queue.run({"wait", "1", "--timeout", "50ms"});
  CHECK(late.exit_status == 75);
  CHECK_THAT(late.err, Contains("1 entry of 1 not over in 50ms"));
  Program wait(queue.command({"wait", "1"}));
  wait.wait_for_output("no daemon is running on this queue");
  std::filesystem::remove(queue.path() + "/pending/05_00000000000000000001.json");
  const auto gone = wait.wait();
  CHECK(gone.exit_status == 1);
  CHECK_THAT(gone.err, Contains("entry 1 is gone; it was pending when it was last seen"));
}

TEST_CASE("wait draws a bar on a terminal") {
  const CliQueue queue;
  queue.put("completed", "05_00000000000000000001.a1.json", entry);
  queue.put("completed", "05_00000000000000000002.a1.json", entry);
  CHECK_THAT(queue.run_on_terminal({"wait", "1", "2"}).out, Contains("100%  2 of 2"));
}
