#include <catch2/catch.hpp>

#include "queue_fixture.hpp"

using namespace spoold::test;
using Catch::Contains;

namespace {

std::string name(int number, const char* more = "") {
  return "05_0000000000000000000" + std::to_string(number) + more + ".json";
}

void fill(const CliQueue& queue, int entries) {
  for (int i = 0; i < entries; ++i)
    queue.put("pending", "x" + std::to_string(i) + ".json", R"({"operation":"a"})");
}

}  // namespace

TEST_CASE("level says the level and how many to produce, and 0") {
  const CliQueue queue;
  const auto empty = queue.run({"level"});
  CHECK(empty.exit_status == 0);
  CHECK(empty.out == "STARVING 20\n");
  fill(queue, 5);
  CHECK(queue.run({"level"}).out == "BALANCED 10\n");
}

TEST_CASE("level ends with 75 where nothing is wanted") {
  const CliQueue queue;
  fill(queue, 25);
  const auto result = queue.run({"level"});
  CHECK(result.exit_status == 75);
  CHECK(result.out == "HIGH 0\n");
}

TEST_CASE("level counts what waits for another attempt, and not what was put off by its producer") {
  const CliQueue queue;
  queue.put("deferred", "8836058563000_" + name(1, ".a1"), R"({"operation":"a"})");
  queue.put("deferred", "8836058563000_" + name(2), R"({"operation":"a"})");
  queue.put("processing", name(3, ".a1"), R"({"operation":"a"})");
  CHECK(queue.run({"level", "--json"}).out == "{\"level\":\"LOW\",\"waiting\":1,\"produce\":15}\n");
}

TEST_CASE("level goes by the thresholds of the configuration") {
  const CliQueue queue;
  fill(queue, 2);
  queue.directory().write("c.yaml", "queue: {directory: " + queue.path() +
                                        "}\npressure: {low: 2, balanced: 9, produce: {low: 3}}\n");
  CHECK(run_spoolctl({"--config", queue.directory() / "c.yaml", "level"}).out == "LOW 3\n");
}

TEST_CASE("produce runs the command with the number that is wanted, and counts what came of it") {
  const CliQueue queue;
  const std::string script =
      "for i in 1 2 3; do echo \"{\\\"operation\\\":\\\"a\\\"}\"; done | \"$0\" enqueue --jsonl; echo want "
      "$SPOOLD_PRODUCE_COUNT";
  const auto result = queue.run({"produce", "--", "sh", "-c", script, SPOOLCTL_PROGRAM});
  CHECK(result.exit_status == 0);
  CHECK_THAT(result.err, Contains("want 20"));
  CHECK_THAT(result.out,
             Contains("{\"level\":\"STARVING\",\"waiting\":0,\"should_produce\":true,\"requested\":20,"
                      "\"produced\":3,\"failed\":0,\"skipped\":17,\"duration_ms\":") &&
                 Contains(",\"exit_status\":0}\n"));
  CHECK(queue.names("pending").size() == 3);
}

TEST_CASE("produce does nothing where nothing is wanted, and 0, unless forced") {
  const CliQueue queue;
  fill(queue, 50);
  const auto calm = queue.run({"produce", "--", "sh", "-c", "echo ran >&2"});
  CHECK(calm.exit_status == 0);
  CHECK(calm.err.empty());
  CHECK(calm.out ==
        "{\"level\":\"OVERFLOW\",\"waiting\":50,\"should_produce\":false,\"requested\":0,\"produced\":0,"
        "\"failed\":0,\"skipped\":0,\"duration_ms\":0,\"exit_status\":null}\n");
  CHECK_THAT(queue.run({"produce", "--force", "--", "sh", "-c", "echo $SPOOLD_PRODUCE_COUNT"}).err,
             Contains("10"));
}

TEST_CASE("produce passes on how the command ended") {
  const CliQueue queue;
  const auto failed = queue.run({"produce", "--", "sh", "-c", "exit 7"});
  CHECK(failed.exit_status == 7);
  CHECK_THAT(failed.out, Contains("\"failed\":20,\"skipped\":0") && Contains("\"exit_status\":7"));
  CHECK(queue.run({"produce", "--", "sh", "-c", "kill -9 $$"}).exit_status == 137);
  const auto absent = queue.run({"produce", "--", "/no/such/program"});
  CHECK(absent.exit_status == 127);
  CHECK_THAT(absent.err, Contains("spoolctl: run /no/such/program: No such file or directory"));
  CHECK(queue.run({"produce"}).exit_status == 64);
}

TEST_CASE("enqueue refuses at OVERFLOW when asked to respect the level, and 75") {
  const CliQueue queue;
  fill(queue, 50);
  const auto refused = queue.run({"enqueue", "-o", "a", "--respect-level"});
  CHECK(refused.exit_status == 75);
  CHECK_THAT(refused.err, Contains("at OVERFLOW: 50 entries wait, and pressure.overflow is 50; try later"));
  CHECK(queue.run({"enqueue", "-o", "a"}).exit_status == 0);
}

TEST_CASE("enqueue refuses past max_pending and below min_free_bytes, and 75") {
  const CliQueue queue;
  fill(queue, 2);
  const auto config = [&](const std::string& options) {
    queue.directory().write("c.yaml", "queue: {directory: " + queue.path() + ", " + options + "}\n");
    return run_spoolctl({"--config", queue.directory() / "c.yaml", "enqueue", "-o", "a"});
  };
  const auto full = config("max_pending: 2");
  CHECK(full.exit_status == 75);
  CHECK_THAT(full.err, Contains("the queue is full: 2 entries may wait (queue.max_pending)"));
  const auto tight = config("min_free_bytes: 1000TiB");
  CHECK(tight.exit_status == 75);
  CHECK_THAT(tight.err, Contains("(queue.min_free_bytes)"));
}
