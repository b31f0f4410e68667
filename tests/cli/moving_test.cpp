#include <catch2/catch.hpp>

#include "queue_fixture.hpp"

using namespace spoold::test;
using Catch::Contains;
using Names = std::vector<std::string>;

namespace {
constexpr const char* entry = R"({"operation":"a"})";
}

TEST_CASE("retry puts failed, cancelled and corrupt entries back, their attempts counted anew") {
  const CliQueue queue;
  queue.put("failed", "05_00000000000000000007.a4.c1~foo.json", entry);
  queue.put("cancelled", "01_00000000000000000008.a1.json", entry);
  queue.put("corrupt", "bar.json", entry);
  queue.put("corrupt", "bar.json.reason", "it was bad");
  const auto result = queue.run({"retry", "7", "00000000000000000008", "bar.json"});
  CHECK(result.exit_status == 0);
  CHECK(result.out == "put back 3 entries\n");
  CHECK(queue.names("pending") ==
        Names{"01_00000000000000000008.json", "05_00000000000000000007~foo.json", "bar.json"});
  CHECK(queue.names("corrupt").empty());
}

TEST_CASE("retry --all-failed takes everything in failed and nothing else") {
  const CliQueue queue;
  queue.put("failed", "05_00000000000000000007.a4.json", entry);
  queue.put("failed", "05_00000000000000000008.a4.json", entry);
  queue.put("cancelled", "05_00000000000000000009.json", entry);
  CHECK(queue.run({"retry", "--all-failed"}).out == "put back 2 entries\n");
  CHECK(queue.names("pending").size() == 2);
  CHECK(queue.names("cancelled").size() == 1);
}

TEST_CASE("what cannot be retried is told, holds up no other, and 1") {
  const CliQueue queue;
  queue.put("completed", "05_00000000000000000007.a1.json", entry);
  queue.put("deferred", "8836058563000_05_00000000000000000008.json", entry);
  queue.put("failed", "05_00000000000000000009.a1.json",
            R"({"operation":"a","expires_at":"2026-01-02T04:42:43Z"})");
  queue.put("failed", "05_00000000000000000010.a1.json", entry);
  const auto result = queue.run({"retry", "7", "8", "9", "42", "10"});
  CHECK(result.exit_status == 1);
  CHECK(result.out == "put back 1 entry\n");
  CHECK_THAT(result.err,
             Contains("cannot retry 7: it is completed") &&
                 Contains("cannot retry 8: it is deferred and runs by itself at 2250-01-02T04:42:43.000Z") &&
                 Contains("it expired at 2026-01-02T04:42:43.000Z") && Contains("no entry '42'"));
  CHECK(queue.names("pending") == Names{"05_00000000000000000010.json"});
}

TEST_CASE("due moves what is due to pending, tells of the next, and leaves the rest") {
  const CliQueue queue;
  queue.put("deferred", "1767328963000_05_00000000000000000007.a1.json", entry);
  queue.put("deferred", "8836058563000_05_00000000000000000008.json", entry);
  queue.put("deferred", "foreign.json", entry);
  const auto result = queue.run({"due"});
  CHECK(result.exit_status == 0);
  CHECK(result.out == "1 entry was due, now in pending/\nnext at 2250-01-02T04:42:43.000Z\n");
  CHECK(queue.names("pending") == Names{"05_00000000000000000007.a1.json"});
  CHECK(queue.names("deferred") == Names{"8836058563000_05_00000000000000000008.json", "foreign.json"});
  CHECK(queue.run({"due", "--quiet"}).out.empty());
}

TEST_CASE("an entry is never put back over another") {
  const CliQueue queue;
  queue.put("pending", "bar.json", "the new one");
  queue.put("corrupt", "bar.json", "the old one");
  CHECK(queue.run({"retry", "bar.json"}).exit_status == 1);  // it is told that one is pending already
  CHECK(queue.names("pending") == Names{"bar.2.json", "bar.json"});
  CHECK(queue.read("pending/bar.json") == "the new one");
}

TEST_CASE("cancel takes waiting entries back by rename") {
  const CliQueue queue;
  queue.put("pending", "05_00000000000000000007.a1.json", entry);
  queue.put("pending", "foo.json", entry);
  queue.put("deferred", "8836058563000_05_00000000000000000008.a2.json", entry);
  const auto result = queue.run({"cancel", "7", "foo", "8"});
  CHECK(result.exit_status == 0);
  CHECK(result.out == "cancelled 3 entries\n");
  CHECK(queue.names("cancelled") ==
        Names{"05_00000000000000000007.a1.json", "05_00000000000000000008.a2.json", "foo.json"});
  CHECK(queue.names("pending").empty());
}

TEST_CASE("what does not wait cannot be cancelled, and 1") {
  const CliQueue queue;
  queue.put("processing", "05_00000000000000000007.a1.json", entry);
  const auto result = queue.run({"cancel", "7", "42"});
  CHECK(result.exit_status == 1);
  CHECK(result.out == "cancelled 0 entries\n");
  CHECK_THAT(result.err, Contains("cannot cancel 7: it is processing") && Contains("no entry '42'"));
  CHECK(queue.names("processing").size() == 1);
}
