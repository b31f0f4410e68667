#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <limits>

#include "support/temp_queue.hpp"

namespace spoold {

namespace {

using Names = std::vector<std::string>;
using Calls = std::vector<std::string>;
using std::chrono::milliseconds;

AttemptRecord record(const test::ManualClock& clock, std::uint32_t attempt, std::string outcome) {
  return {attempt, clock.wall_now(), std::move(outcome), "the table is missing"};
}

Json document(test::TempQueue& queue, State state, const std::string& name) {
  return test::entry_of(queue.read(state, name)).document;
}

}  // namespace

TEST_CASE("an ack moves the entry to completed/ as it is") {
  test::TempQueue queue;
  const Claim claim = queue.claim(queue.enqueue());
  const std::string bytes = queue.read(State::processing, claim.file_name);
  REQUIRE(queue.store().ack(claim, nullptr));
  CHECK(queue.names(State::completed) == Names{claim.file_name});
  CHECK(queue.read(State::completed, claim.file_name) == bytes);
  CHECK(queue.store().sync_acks());
}

TEST_CASE("a receipt is written and synced before the entry is completed") {
  test::TempQueue queue;
  const Claim claim = queue.claim(queue.enqueue());
  queue.files().heal();
  REQUIRE(queue.store().ack(claim, Json{{"status", "done"}, {"http_status", 200}}));
  CHECK(queue.files().calls() == Calls{"status", "write_new", "rename_over", "rename_new"});
  CHECK(document(queue, State::completed, claim.file_name)["result"]["http_status"] == 200);
  CHECK(queue.staged().empty());
}

TEST_CASE(
    "of several acks every receipt is written and synced before its entry is completed, whatever becomes of "
    "others") {
  test::TempQueue queue;
  std::vector<Claim> claims;
  for (int i = 0; i < 3; ++i) claims.push_back(queue.claim(queue.enqueue()));
  REQUIRE(::unlink(queue.path_of(State::processing, claims[1].file_name).c_str()) == 0);
  const Json receipt{{"status", "done"}};
  queue.files().heal();
  const auto results =
      queue.store().ack_all({{&claims[0], &receipt}, {&claims[1], &receipt}, {&claims[2], &receipt}});
  CHECK(queue.files().calls() == Calls{"status", "status", "status", "write_new", "write_new", "rename_over",
                                       "rename_new", "rename_over", "rename_new"});
  REQUIRE(results.size() == 3);
  CHECK(results[0]);
  REQUIRE_FALSE(results[1]);
  CHECK(results[1].error().kind == ErrorKind::not_found);
  CHECK(results[2]);
  CHECK(queue.names(State::completed) == Names{claims[0].file_name, claims[2].file_name});
  CHECK(document(queue, State::completed, claims[2].file_name)["result"]["status"] == "done");
  CHECK(queue.staged().empty());
}

TEST_CASE("one of several receipts that cannot be written does not touch the others") {
  test::TempQueue queue;
  std::vector<Claim> claims;
  for (int i = 0; i < 3; ++i) claims.push_back(queue.claim(queue.enqueue()));
  const Json receipt{{"status", "done"}};
  queue.files().fail("write_new", 2, ENOSPC);
  const auto results =
      queue.store().ack_all({{&claims[0], &receipt}, {&claims[1], &receipt}, {&claims[2], &receipt}});
  CHECK(results[0]);
  REQUIRE_FALSE(results[1]);
  CHECK(results[1].error().kind == ErrorKind::no_space);
  CHECK(results[2]);
  CHECK(queue.names(State::processing) == Names{claims[1].file_name});
  CHECK(queue.staged().empty());
}

TEST_CASE("a deferred entry carries its time in its name and the attempt in its file") {
  test::TempQueue queue;
  Claim claim = queue.claim(queue.enqueue());
  const WallTime due = queue.clock().wall_now() + std::chrono::microseconds{1'500'001};
  const auto name = queue.store().defer(claim, due, record(queue.clock(), 1, "retry"));
  REQUIRE(name);
  REQUIRE(name->due_ms);
  CHECK(WallTime{milliseconds{*name->due_ms}} >= due);
  CHECK(WallTime{milliseconds{*name->due_ms}} < due + milliseconds{1});
  CHECK(name->attempts == 1);
  CHECK(queue.names(State::deferred) == Names{format_entry_name(*name)});
  const Json kept = document(queue, State::deferred, format_entry_name(*name));
  CHECK(kept["last_error"] == "the table is missing");
  CHECK(kept["attempts"].size() == 1);
  CHECK(queue.staged().empty());
}

TEST_CASE("a deferral that failed and is carried out again records one attempt") {
  test::TempQueue queue;
  Claim claim = queue.claim(queue.enqueue());
  for (const std::size_t nth : {1U, 2U, 3U, 4U}) {
    queue.files().fail(nth, ENOSPC);
    CHECK_FALSE(queue.store().defer(claim, queue.clock().wall_now(), record(queue.clock(), 1, "retry")));
  }
  queue.files().heal();
  const auto name = queue.store().defer(claim, queue.clock().wall_now(), record(queue.clock(), 1, "retry"));
  REQUIRE(name);
  CHECK(document(queue, State::deferred, format_entry_name(*name))["attempts"].size() == 1);
  CHECK(queue.staged().empty());
}

TEST_CASE("a postponed entry is not touched, and its attempt not counted") {
  test::TempQueue queue;
  const std::string before = queue.enqueue();
  const std::string bytes = queue.read(State::pending, before);
  const Claim claim = queue.claim(before);
  const auto name = queue.store().postpone(claim, queue.clock().wall_now() + std::chrono::hours{1});
  REQUIRE(name);
  CHECK(name->attempts == 0);
  CHECK(queue.read(State::deferred, format_entry_name(*name)) == bytes);
}

TEST_CASE("what is due goes back to pending/ under the name it had") {
  test::TempQueue queue;
  const std::string before = queue.enqueue();
  const auto name = queue.store().postpone(queue.claim(before), queue.clock().wall_now());
  REQUIRE(name);
  const auto due = queue.store().make_due(*name);
  REQUIRE(due);
  CHECK(*due == before);
  CHECK(queue.names(State::pending) == Names{before});
  const auto again = queue.store().make_due(*name);
  REQUIRE(again);
  CHECK_FALSE(*again);
}

TEST_CASE("what is brought forward keeps everything but its due time") {
  test::TempQueue queue;
  const WallTime now = queue.clock().wall_now();
  const auto name = queue.store().defer(queue.claim(queue.enqueue()), now + std::chrono::hours{9000},
                                        record(queue.clock(), 1, "retry"));
  REQUIRE(name);
  const std::string bytes = queue.read(State::deferred, format_entry_name(*name));
  const auto sooner = queue.store().bring_forward(*name, now + std::chrono::minutes{5});
  REQUIRE(sooner);
  REQUIRE(*sooner);
  EntryName expected = *name;
  expected.due_ms = due_ms_of(now + std::chrono::minutes{5});
  CHECK(**sooner == expected);
  CHECK(queue.names(State::deferred) == Names{format_entry_name(expected)});
  CHECK(queue.read(State::deferred, format_entry_name(expected)) == bytes);
  const auto again = queue.store().bring_forward(*name, now);
  REQUIRE(again);
  CHECK_FALSE(*again);
}

TEST_CASE("a dead letter keeps the reason and is durable") {
  test::TempQueue queue;
  Claim claim = queue.claim(queue.enqueue());
  queue.files().heal();
  REQUIRE(queue.store().dead_letter(claim, record(queue.clock(), 1, "reject")));
  CHECK(queue.files().calls() == Calls{"status", "write_new", "rename_over", "rename_new", "sync_directory"});
  CHECK(document(queue, State::failed, claim.file_name)["last_error"] == "the table is missing");
  CHECK(queue.names(State::processing).empty());
}

TEST_CASE("an entry that was cancelled while it ran keeps the record and is durable") {
  test::TempQueue queue;
  Claim claim = queue.claim(queue.enqueue());
  queue.files().heal();
  REQUIRE(queue.store().cancel(claim, record(queue.clock(), 1, "cancelled")));
  CHECK(queue.files().calls() == Calls{"status", "write_new", "rename_over", "rename_new", "sync_directory"});
  const Json entry = document(queue, State::cancelled, claim.file_name);
  CHECK(entry["attempts"][0]["outcome"] == "cancelled");
  CHECK(queue.names(State::processing).empty());
}

TEST_CASE("a released entry is as it was before the claim") {
  test::TempQueue queue;
  const std::string before = queue.enqueue();
  const auto released = queue.store().release(queue.claim(before));
  REQUIRE(released);
  CHECK(*released == before);
  CHECK(queue.names(State::pending) == Names{before});
}

TEST_CASE("a release takes back one attempt and keeps crashes, priority and label") {
  test::TempQueue queue;
  queue.drop("03_00000000000000000042.a2.c1~foo.json", R"({"operation":"greet"})");
  const auto released = queue.store().release(queue.claim("03_00000000000000000042.a2.c1~foo.json"));
  REQUIRE(released);
  CHECK(*released == "03_00000000000000000042.a2.c1~foo.json");
}

TEST_CASE("a released foreign entry keeps the id it was given") {
  test::TempQueue queue;
  queue.drop("foo.json", R"({"operation":"greet"})");
  const Claim claim = queue.claim("foo.json");
  const auto released = queue.store().release(claim);
  REQUIRE(released);
  CHECK(test::seq_of(*released) == claim.name.seq);
  CHECK(queue.claim(*released).name.label == "foo");
}

TEST_CASE("no settlement replaces an entry that lies where it goes") {
  const std::string other = R"({"operation":"other"})";
  test::TempQueue queue;
  const std::string name = queue.enqueue();
  EntryName parsed = *parse_entry_name(name);

  SECTION("ack") {
    const Claim claim = queue.claim(name);
    queue.drop(claim.file_name, other, {}, State::completed);
    REQUIRE(queue.store().ack(claim, nullptr));
    CHECK(queue.names(State::completed).size() == 2);
    CHECK(queue.read(State::completed, claim.file_name) == other);
  }
  SECTION("dead letter") {
    Claim claim = queue.claim(name);
    queue.drop(claim.file_name, other, {}, State::failed);
    REQUIRE(queue.store().dead_letter(claim, record(queue.clock(), 1, "reject")));
    CHECK(queue.names(State::failed).size() == 2);
    CHECK(queue.read(State::failed, claim.file_name) == other);
  }
  SECTION("release") {
    const Claim claim = queue.claim(name);
    queue.drop(name, other);
    const auto released = queue.store().release(claim);
    REQUIRE(released);
    CHECK(parse_entry_name(*released)->seq == parsed.seq);
    CHECK(parse_entry_name(*released)->label == "2");
    CHECK(queue.read(State::pending, name) == other);
  }
  SECTION("defer") {
    Claim claim = queue.claim(name);
    EntryName there = claim.name;
    there.due_ms = 1'900'000'000'000;
    queue.drop(format_entry_name(there), other, {}, State::deferred);
    const auto deferred = queue.store().defer(claim, WallTime{milliseconds{1'900'000'000'000}},
                                              record(queue.clock(), 1, "retry"));
    REQUIRE(deferred);
    CHECK(deferred->label == "2");
    CHECK(queue.names(State::deferred).size() == 2);
    CHECK(queue.read(State::deferred, format_entry_name(there)) == other);
  }
  SECTION("due") {
    const auto deferred = queue.store().postpone(queue.claim(name), queue.clock().wall_now());
    REQUIRE(deferred);
    queue.drop(name, other);
    const auto due = queue.store().make_due(*deferred);
    REQUIRE(due);
    REQUIRE(*due);
    CHECK(**due != name);
    CHECK(queue.read(State::pending, name) == other);
  }
  CHECK(queue.names(State::processing).empty());
}

TEST_CASE("a claim whose file a person took away can only be told so") {
  test::TempQueue queue;
  Claim claim = queue.claim(queue.enqueue());
  REQUIRE(::unlink(queue.path_of(State::processing, claim.file_name).c_str()) == 0);
  const auto kind = [](const auto& result) { return result.error().kind; };
  CHECK(kind(queue.store().ack(claim, nullptr)) == ErrorKind::not_found);
  CHECK(kind(queue.store().ack(claim, Json::object())) == ErrorKind::not_found);
  CHECK(kind(queue.store().defer(claim, {}, record(queue.clock(), 1, "retry"))) == ErrorKind::not_found);
  CHECK(kind(queue.store().dead_letter(claim, record(queue.clock(), 1, "reject"))) == ErrorKind::not_found);
  CHECK(kind(queue.store().cancel(claim, record(queue.clock(), 1, "cancelled"))) == ErrorKind::not_found);
  CHECK(kind(queue.store().release(claim)) == ErrorKind::not_found);
  for (const State state : all_states) CHECK(queue.names(state).empty());
}

TEST_CASE("a scan of deferred/ names what waits, and sends on what has no time") {
  test::TempQueue queue;
  const std::string waiting = queue.enqueue(R"({"operation":"greet","not_before":"2200-01-01T00:00:00Z"})");
  queue.drop("foo.json", R"({"operation":"greet"})", {}, State::deferred);
  queue.drop("05_00000000000000000042.json", R"({"operation":"greet"})", {}, State::deferred);
  queue.drop(".hidden.json", "", {}, State::deferred);
  Names seen;
  REQUIRE(
      queue.store().scan_deferred([&](const EntryName& name) { seen.push_back(format_entry_name(name)); }));
  CHECK(seen == Names{waiting});
  CHECK(queue.names(State::pending) == Names{"05_00000000000000000042.json", "foo.json"});
  CHECK(queue.names(State::deferred) == Names{".hidden.json", waiting});
}

TEST_CASE("the last possible due time fits into a name") {
  test::TempQueue queue;
  const auto name = queue.store().postpone(queue.claim(queue.enqueue()), WallTime::max());
  REQUIRE(name);
  CHECK(queue.store().make_due(*name));
}

TEST_CASE("everything can be made durable at once, where entries went before where they left") {
  test::TempQueue queue;
  queue.files().heal();
  REQUIRE(queue.store().sync_all());
  CHECK(queue.files().calls() == Calls(4, "sync_directory"));
  queue.files().fail(2, EIO);
  CHECK(queue.store().sync_all().error().kind == ErrorKind::unknown);
}

TEST_CASE(
    "whatever waits, runs or is deferred may still be attempted; what is foreign or over is not counted") {
  constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();
  test::TempQueue queue;
  CHECK(queue.store().oldest_live().value() == none);
  const Claim first = queue.claim(queue.enqueue());
  const Claim second = queue.claim(queue.enqueue());
  const auto third = parse_entry_name(queue.enqueue());
  queue.drop("1_foreign.json", R"({"operation":"x"})");
  REQUIRE(third);
  CHECK(queue.store().oldest_live().value() == first.name.seq);
  REQUIRE(queue.store().defer(first, queue.clock().wall_now(), record(queue.clock(), 1, "retry")));
  CHECK(queue.store().oldest_live().value() == first.name.seq);
  std::filesystem::rename(queue.path_of(State::deferred, queue.names(State::deferred).at(0)),
                          queue.path_of(State::cancelled, "by-hand.json"));
  CHECK(queue.store().oldest_live().value() == second.name.seq);
  REQUIRE(queue.store().ack(second, nullptr));
  CHECK(queue.store().oldest_live().value() == third->seq);
  REQUIRE(queue.store().ack(queue.claim(format_entry_name(*third)), nullptr));
  CHECK(queue.store().oldest_live().value() == none);
}

}  // namespace spoold
