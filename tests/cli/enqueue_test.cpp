#include <catch2/catch.hpp>

#include "entry/entry_format.hpp"
#include "queue_fixture.hpp"

using namespace spoold::test;
using Catch::Contains;
using Catch::StartsWith;

namespace {

spoold::Json only_entry(const CliQueue& queue, const std::string& state) {
  const auto names = queue.names(state);
  REQUIRE(names.size() == 1);
  return *spoold::parse_json(queue.read(state + "/" + names.front()));
}

void check_bad_entry(const CliQueue& queue, const ProgramResult& result, const std::string& text) {
  CAPTURE(result.err);
  CHECK(result.exit_status == 65);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith("spoolctl: ") && Contains(text));
  CHECK(queue.names("pending").empty());
}

}  // namespace

TEST_CASE("an entry given by options holds what they say") {
  const CliQueue queue;
  const auto result = queue.run({"enqueue",
                                 "-o",
                                 "user.add",
                                 "--sql",
                                 "INSERT INTO t VALUES (?)",
                                 "--params",
                                 R"(["Ada", 3])",
                                 "-p",
                                 "2",
                                 "--key",
                                 "k1",
                                 "--metadata",
                                 R"({"by":"me"})",
                                 "--body",
                                 "7",
                                 "--arg",
                                 "-x",
                                 "--arg",
                                 "two words",
                                 "--stdin-text",
                                 "in",
                                 "--expires-at",
                                 "2250-01-02T04:42:43Z"});
  CAPTURE(result.err);
  REQUIRE(result.exit_status == 0);
  const auto entry = only_entry(queue, "pending");
  CHECK(result.out == entry["seq"].get<std::string>() + "\n");
  CHECK(queue.names("pending").front() == "02_" + entry["seq"].get<std::string>() + ".json");
  CHECK(entry["operation"] == "user.add");
  CHECK(entry["sql"] == "INSERT INTO t VALUES (?)");
  CHECK(entry["params"].dump() == R"(["Ada",3])");
  CHECK(entry["priority"] == 2);
  CHECK(entry["key"] == "k1");
  CHECK(entry["metadata"]["by"] == "me");
  CHECK(entry["body"] == 7);
  CHECK(entry["args"].dump() == R"(["-x","two words"])");
  CHECK(entry["stdin"] == "in");
  CHECK(entry["expires_at"] == "2250-01-02T04:42:43.000Z");
}

TEST_CASE("an entry for later waits in deferred, by time or by how long from now") {
  const CliQueue queue;
  const auto result = queue.run({"enqueue", "-o", "a", "--not-before", "2250-01-02T04:42:43Z", "--json"});
  REQUIRE(result.exit_status == 0);
  const auto told = *spoold::parse_json(result.out);
  CHECK(told["state"] == "deferred");
  CHECK(told["file"] == queue.names("deferred").front());
  CHECK_THAT(told["file"].get<std::string>(),
             StartsWith("8836058563000_05_" + told["id"].get<std::string>()));
  CHECK(queue.run({"enqueue", "-o", "b", "--not-before", "+1h"}).exit_status == 0);
  CHECK(queue.names("deferred").size() == 2);
  CHECK(queue.run({"enqueue", "-o", "c", "--not-before", "2001-01-01T00:00:00Z"}).exit_status == 0);
  CHECK(queue.names("pending").size() == 1);
}

TEST_CASE("an entry comes whole from standard input or a file, over several lines too") {
  const CliQueue queue;
  const std::string json = "{\n  \"operation\": \"a\",\n  \"extra\": [1]\n}\n";
  CHECK(queue.run({"enqueue"}, json).exit_status == 0);
  CHECK(only_entry(queue, "pending")["extra"].dump() == "[1]");
  queue.directory().write("entry.json", json);
  CHECK(queue.run({"enqueue", "-f", queue.directory() / "entry.json"}).exit_status == 0);
  CHECK(queue.names("pending").size() == 2);
}

TEST_CASE("a bad entry is refused with what is wrong, and 65") {
  const CliQueue queue;
  check_bad_entry(queue, queue.run({"enqueue"}, "{\"operation\":\"x\""), "standard input: byte 16");
  check_bad_entry(queue, queue.run({"enqueue"}, ""), "standard input is empty");
  check_bad_entry(queue, queue.run({"enqueue"}, "[]"), "one JSON object");
  check_bad_entry(queue, queue.run({"enqueue"}, R"({"sql":"SELECT 1"})"), "`operation` is missing");
  check_bad_entry(queue, queue.run({"enqueue"}, "{\"operation\":\"a\"}\n{\"operation\":\"b\"}\n"),
                  "for an entry a line give --jsonl");
  check_bad_entry(queue, queue.run({"enqueue", "-o", "x", "-p", "11"}),
                  "`priority` must be an integer from 1");
  check_bad_entry(queue, queue.run({"enqueue", "-o", "x", "-p", "high"}), "this is \"high\"");
  check_bad_entry(queue, queue.run({"enqueue", "-o", ""}), "`operation` must be");
  check_bad_entry(queue, queue.run({"enqueue", "-o", "x", "--params", "[1"}), "--params is no JSON: byte 2");
  check_bad_entry(queue, queue.run({"enqueue", "-o", "x", "--params", "1"}), "`params` must be an array");
  check_bad_entry(queue, queue.run({"enqueue", "-o", "x", "--not-before", "tomorrow"}),
                  "--not-before tomorrow: expected a time like 2026-01-02T04:42:43Z or a wait like +30m");
  check_bad_entry(queue,
                  queue.run({"enqueue"}, "{\"operation\":\"a\",\"x\":\"" + std::string(1 << 20, 'y') + "\"}"),
                  "too large");
}

TEST_CASE("a command line that does not say what to enqueue is refused, and 64") {
  const CliQueue queue;
  const auto usage = [&](const ProgramResult& result, const std::string& text) {
    CHECK(result.exit_status == 64);
    CHECK_THAT(result.err, Contains(text));
  };
  usage(queue.run({"enqueue", "-p", "3"}), "--operation is missing");
  usage(queue.run({"enqueue", "-o", "x", "-f", "y"}), "not both");
  usage(queue.run({"enqueue", "-o", "x", "--jsonl"}), "not both");
  usage(queue.run({"enqueue", "--skip-bad"}, "{}"), "--skip-bad needs --jsonl");
}

TEST_CASE("a terminal as standard input is a usage error, not a hang") {
  const CliQueue queue;
  const auto result = queue.run_on_terminal({"enqueue"});
  CHECK(result.exit_status == 64);
  CHECK_THAT(result.out, Contains("what shall be enqueued?"));
}

TEST_CASE("a file that is not there is told, and 66") {
  const CliQueue queue;
  const auto result = queue.run({"enqueue", "-f", queue.directory() / "none.json"});
  CHECK(result.exit_status == 66);
  CHECK(result.err == "spoolctl: open " + queue.directory() / "none.json" + ": No such file or directory\n");
}

TEST_CASE("JSON Lines enqueue in their order, blank lines passed over, the last without newline") {
  const CliQueue queue;
  const auto result = queue.run({"enqueue", "--jsonl"},
                                "{\"operation\":\"a\"}\n\n{\"operation\":\"b\"}\n  \n{\"operation\":\"c\"}");
  CHECK(result.exit_status == 0);
  CHECK(result.out == "enqueued 3 entries\n");
  const auto names = queue.names("pending");
  REQUIRE(names.size() == 3);
  CHECK((*spoold::parse_json(queue.read("pending/" + names[0])))["operation"] == "a");
  CHECK((*spoold::parse_json(queue.read("pending/" + names[2])))["operation"] == "c");
}

TEST_CASE("one bad line among JSON Lines enqueues nothing, from a pipe or a file, and 65") {
  const CliQueue queue;
  const std::string lines = "{\"operation\":\"a\"}\nbad\n{\"operation\":\"b\",\"priority\":0}\n";
  check_bad_entry(queue, queue.run({"enqueue", "--jsonl"}, lines), "spoolctl: line 2: ");
  check_bad_entry(queue, queue.run({"enqueue", "--jsonl"}, lines), "spoolctl: line 3: `priority`");
  check_bad_entry(queue, queue.run({"enqueue", "--jsonl"}, lines), "nothing is enqueued: 2 lines are bad");
  const auto piped = run_program({"sh", "-c", "cat \"$2\" | \"$0\" --queue \"$1\" enqueue --jsonl",
                                  SPOOLCTL_PROGRAM, queue.path(), "/dev/stdin"},
                                 {.input = lines});
  check_bad_entry(queue, piped, "nothing is enqueued: 2 lines are bad");
}

TEST_CASE("with --skip-bad the good lines are enqueued and the bad ones told") {
  const CliQueue queue;
  const auto result = queue.run({"enqueue", "--jsonl", "--skip-bad", "--json"},
                                "{\"operation\":\"a\"}\nbad\n{\"operation\":\"" + std::string(2 << 20, 'y') +
                                    "\"}\n{\"operation\":\"b\"}\n");
  CHECK(result.exit_status == 0);
  CHECK(result.out == "{\"enqueued\":2,\"bad\":2}\n");
  CHECK_THAT(result.err,
             Contains("spoolctl: line 2: byte 0") && Contains("spoolctl: line 3: the entry is too large"));
  CHECK(queue.names("pending").size() == 2);
}

TEST_CASE("in bulk -v gives every id, and the count goes aside") {
  const CliQueue queue;
  const auto result =
      queue.run({"enqueue", "--jsonl", "-v"}, "{\"operation\":\"a\"}\n{\"operation\":\"b\"}\n");
  std::string ids;
  for (const auto& name : queue.names("pending")) ids += name.substr(3, 20) + "\n";
  CHECK(result.out == ids);
  CHECK(result.err == "enqueued 2 entries\n");
}

TEST_CASE("many lines go in by chunks, whole") {
  const CliQueue queue;
  std::string lines;
  for (int i = 0; i < 1100; ++i) lines += "{\"operation\":\"a\",\"n\":" + std::to_string(i) + "}\n";
  const auto result = queue.run({"enqueue", "--jsonl"}, lines);
  CHECK(result.out == "enqueued 1,100 entries\n");
  const auto names = queue.names("pending");
  REQUIRE(names.size() == 1100);
  CHECK((*spoold::parse_json(queue.read("pending/" + names[1099])))["n"] == 1099);
}

TEST_CASE("a full queue or too little space is refused for now, and 75") {
  const CliQueue queue;
  const auto enqueue = [&](const std::string& options, const std::string& lines) {
    queue.directory().write("c.yaml", "queue: {directory: " + queue.path() + ", " + options + "}\n");
    return run_spoolctl({"--config", queue.directory() / "c.yaml", "enqueue", "--jsonl"}, {.input = lines});
  };
  const std::string two = "{\"operation\":\"a\"}\n{\"operation\":\"b\"}\n";
  CHECK(enqueue("max_pending: 2", two).exit_status == 0);
  const auto full = enqueue("max_pending: 2", two);
  CHECK(full.exit_status == 75);
  CHECK_THAT(full.err, Contains("nothing is enqueued: the queue is full: 2 entries may wait"));
  CHECK_THAT(enqueue("max_pending: 1", two).err, Contains("the queue is full: 1 entry may wait"));
  const auto no_space = enqueue("min_free_bytes: 1000TiB", two);
  CAPTURE(no_space.err);
  CHECK(no_space.exit_status == 75);
  CHECK_THAT(no_space.err, Contains("free"));
  CHECK(queue.names("pending").size() == 2);
}

#ifdef FAULTS_LIBRARY
TEST_CASE("a sync of the directory that fails leaves it unknown, and 76") {
  const CliQueue queue;
  const std::vector<std::string> enqueue{"--queue", queue.path(), "enqueue", "-o", "a", "--key", "k"};
  const ProgramOptions faulty{.environment = {{"LD_PRELOAD", FAULTS_LIBRARY}, {"FAULT", "sync_directory"}}};
  const auto result = run_spoolctl(enqueue, faulty);
  CHECK(result.exit_status == 76);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, Contains("enqueue it again with the same key") && Contains("Input/output error"));
  CHECK(queue.names("pending").size() == 1);

  auto unsynced = enqueue;
  unsynced.emplace_back("--no-sync");
  CHECK(run_spoolctl(unsynced, faulty).exit_status == 0);
}
#endif
