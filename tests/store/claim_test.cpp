#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "support/temp_queue.hpp"

namespace spoold {

namespace {

using Names = std::vector<std::string>;
using Calls = std::vector<std::string>;

const std::string good = R"({"operation":"greet","sql":"SELECT 1"})";

}  // namespace

TEST_CASE("a claim moves the entry, counts the attempt and reads it") {
  test::TempQueue queue;
  const std::string name = queue.enqueue(R"({"operation":"greet","priority":2,"sql":"SELECT 2"})");
  const Claim claim = queue.claim(name);
  CHECK(claim.name.seq == test::seq_of(name));
  CHECK(claim.name.priority == 2);
  CHECK(claim.name.attempts == 1);
  CHECK(claim.entry.operation == "greet");
  CHECK(claim.bytes == queue.read(State::processing, claim.file_name).size());
  CHECK_FALSE(claim.adopted);
  CHECK(queue.names(State::pending).empty());
  CHECK(queue.names(State::processing) == Names{claim.file_name});
}

TEST_CASE("a claim costs one rename and one read, an ack one rename") {
  test::TempQueue queue;
  const std::string name = queue.enqueue();
  queue.files().heal();
  const Claim claim = queue.claim(name);
  CHECK(queue.files().calls() == Calls{"rename_new", "read"});
  queue.files().heal();
  REQUIRE(queue.store().ack(claim, nullptr));
  CHECK(queue.files().calls() == Calls{"rename_new"});
}

TEST_CASE("a claim lost to somebody else is not an error") {
  test::TempQueue queue;
  const std::string name = queue.enqueue();
  REQUIRE(::unlink(queue.path_of(State::pending, name).c_str()) == 0);
  const auto result = queue.store().claim(name);
  REQUIRE(result);
  CHECK(std::holds_alternative<Vanished>(*result));
  const auto foreign = queue.store().claim("gone.json");
  REQUIRE(foreign);
  CHECK(std::holds_alternative<Vanished>(*foreign));
}

TEST_CASE("an entry that is taken from processing/ before it is read has vanished") {
  test::TempQueue queue;
  const std::string name = queue.enqueue();
  queue.files().before_call = [&](const std::string& call) {
    if (call == "read") ::unlink((queue.path() + "/processing/" + queue.names(State::processing)[0]).c_str());
  };
  const auto result = queue.store().claim(name);
  REQUIRE(result);
  CHECK(std::holds_alternative<Vanished>(*result));
}

TEST_CASE("attempts and crashes in a name are carried on") {
  test::TempQueue queue;
  queue.drop("03_00000000000000000042.a2.c1~foo.json", good);
  const Claim claim = queue.claim("03_00000000000000000042.a2.c1~foo.json");
  CHECK(claim.file_name == "03_00000000000000000042.a3.c1~foo.json");
}

TEST_CASE("attempts are counted as far as names can, and no further") {
  test::TempQueue queue;
  queue.drop("03_00000000000000000042.a65535.json", good);
  CHECK(queue.claim("03_00000000000000000042.a65535.json").name.attempts == 65535);
}

TEST_CASE("a name that a person moved back from deferred/ is claimed without its time") {
  test::TempQueue queue;
  queue.drop("1767329000000_05_01767328963000050035.a1.json", good);
  const Claim claim = queue.claim("1767329000000_05_01767328963000050035.a1.json");
  CHECK(claim.file_name == "05_01767328963000050035.a2.json");
}

TEST_CASE("a foreign name is adopted: a new seq, its name as label, to be made durable before it runs") {
  test::TempQueue queue;
  const std::uint64_t before = queue.sequence().next();
  const std::string name = "3_1767328963N_50032.json";
  queue.drop(
      name,
      R"({"seq":"1767328963N_50032","priority":3,"operation":"update_checkpoint",)"
      R"("sql":"UPDATE sessions SET x=1","metadata":{},"created_at":"2026-01-02T04:42:43Z","retries":0})");
  const Claim claim = queue.claim(name);
  CHECK(claim.adopted);
  CHECK(claim.name.seq > before);
  CHECK(claim.name.priority == 3);
  CHECK(claim.name.label == "3_1767328963N_50032");
  CHECK(claim.entry.operation == "update_checkpoint");
  CHECK(queue.store().sync_claims());
}

TEST_CASE("a foreign name's priority is a leading N_, else the file's own, else 5") {
  test::TempQueue queue;
  queue.drop("2_a.json", R"({"operation":"x","priority":9})");
  queue.drop("b.json", R"({"operation":"x","priority":9})");
  queue.drop("c.json", R"({"operation":"x"})");
  CHECK(queue.claim("2_a.json").name.priority == 2);
  CHECK(queue.claim("b.json").name.priority == 9);
  CHECK(queue.claim("c.json").name.priority == 5);
}

TEST_CASE("looking at a foreign name tells its priority and age, and moves nothing") {
  test::TempQueue queue;
  queue.drop("7_x.json", good, std::chrono::minutes{5});
  const auto seen = queue.store().look_at_foreign("7_x.json");
  REQUIRE(seen);
  const auto& entry = std::get<DirectoryStore::ForeignEntry>(*seen);
  CHECK(entry.priority == 7);
  CHECK(entry.modified == queue.clock().wall_now() - std::chrono::minutes{5});
  CHECK(queue.names(State::pending) == Names{"7_x.json"});
}

TEST_CASE("hostile names are adopted like any other") {
  test::TempQueue queue;
  const Names hostile{"-rf.json",
                      "a\nb.json",
                      "\x1b[2J.json",
                      "..json.json",
                      " .json",
                      std::string(250, 'x') + ".json",
                      "\xff\xfe.json",
                      "%41.json",
                      "11_1.json",
                      "05_1.json",
                      "05_99999999999999999999.json"};
  for (const auto& name : hostile) {
    if (name.front() == '.') continue;
    INFO(printable(name));
    queue.drop(name, good);
    const Claim claim = queue.claim(name);
    CHECK(parse_entry_name(claim.file_name) == claim.name);
    REQUIRE(queue.store().ack(claim, nullptr));
  }
  CHECK(queue.audit().empty());
}

TEST_CASE("a scan of pending/ shows entries, and neither dot-names nor what is no .json") {
  test::TempQueue queue;
  const std::string ours = queue.enqueue();
  for (const char* name : {"foo.json", ".hidden.json", "notes.txt", ".json"}) queue.drop(name, good);
  Names seen;
  REQUIRE(queue.store().scan_pending([&](std::string_view name) { seen.emplace_back(name); }));
  std::sort(seen.begin(), seen.end());
  CHECK(seen == Names{ours, "foo.json"});
  const auto count = queue.store().count(State::pending);
  REQUIRE(count);
  CHECK(*count == 2);
}

TEST_CASE("an entry can be read for routing without a claim") {
  test::TempQueue queue;
  const std::string name = queue.enqueue();
  const auto entry = queue.store().peek(name);
  REQUIRE(entry);
  CHECK(entry->operation == "greet");
  queue.drop("half.json", "{\"opera");
  CHECK_FALSE(queue.store().peek("half.json"));
  CHECK_FALSE(queue.store().peek("gone.json"));
  CHECK(queue.names(State::pending).size() == 2);
}

TEST_CASE("an entry is what its file held when it was claimed") {
  test::TempQueue queue;
  const std::string name = queue.enqueue();
  queue.drop(name, R"({"operation":"edited"})");
  CHECK(queue.claim(name).entry.operation == "edited");
}

TEST_CASE("an entry at the limit is taken, also after its history was written into it") {
  StoreOptions options;
  options.entry_bytes_max = 4096;
  test::TempQueue queue(options);
  const std::string head = R"({"operation":"greet","stdin":")";
  queue.drop("large.json", head + std::string(4096 - head.size() - 2, 'x') + "\"}");
  Claim claim = queue.claim("large.json");
  CHECK(claim.bytes == 4096);
  const auto deferred =
      queue.store().defer(claim, queue.clock().wall_now(), {1, queue.clock().wall_now(), "retry", "not yet"});
  REQUIRE(deferred);
  const auto due = queue.store().make_due(*deferred);
  REQUIRE(due);
  REQUIRE(*due);
  CHECK(queue.claim(**due).name.attempts == 2);
}

}  // namespace spoold
