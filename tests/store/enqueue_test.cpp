#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "support/temp_queue.hpp"

namespace spoold {

namespace {

using Names = std::vector<std::string>;
using Calls = std::vector<std::string>;

const std::string good = R"({"operation":"greet","sql":"SELECT 1"})";

std::vector<Entry> entries(int count) {
  std::vector<Entry> result;
  for (int i = 0; i < count; ++i) {
    result.push_back(test::entry_of(R"({"operation":"greet","params":[)" + std::to_string(i) + "]}"));
  }
  return result;
}

}  // namespace

TEST_CASE("an enqueue is one file, its sync, one rename, one directory's sync") {
  test::TempQueue queue;
  queue.files().heal();
  const std::string name = queue.enqueue();
  CHECK(queue.files().calls() == Calls{"write_new", "rename_new", "sync_directory"});
  CHECK(queue.names(State::pending) == Names{name});
  CHECK(queue.staged().empty());
  struct stat raw {};
  REQUIRE(::stat(queue.path_of(State::pending, name).c_str(), &raw) == 0);
  CHECK((raw.st_mode & 07777U) == 0600);
}

TEST_CASE("free space is asked for once") {
  ProducerOptions options;
  options.free_bytes_min = 1;
  test::TempQueue queue({}, options);
  queue.files().heal();
  REQUIRE(queue.producer().enqueue_all(entries(3)).result);
  CHECK(queue.files().calls().front() == "free_space");
  CHECK(std::count(queue.files().calls().begin(), queue.files().calls().end(), "free_space") == 1);
}

TEST_CASE("a bundle takes one inode, however many lines it has") {
  ProducerOptions options;
  options.free_bytes_min = 1;
  test::TempQueue queue({}, options);
  queue.files().free_inodes = 2;
  CHECK(queue.producer().check_room(10'000, 1));
  CHECK(queue.producer().check_room(10'000, 3).error().kind == ErrorKind::no_space);
  CHECK(queue.producer().enqueue_all(entries(3)).result.error().kind == ErrorKind::no_space);
}

TEST_CASE("an enqueued entry says when it came, with which number and priority") {
  test::TempQueue queue;
  const std::string name = queue.enqueue(R"({"operation":"greet","x":{"b":1,"a":2}})");
  const Json document = test::entry_of(queue.read(State::pending, name)).document;
  CHECK(document["seq"] == format_id(test::seq_of(name)));
  CHECK(document["created_at"] == format_rfc3339(queue.clock().wall_now()));
  CHECK(document["priority"] == 5);
  CHECK(document["x"].dump() == R"({"b":1,"a":2})");
}

TEST_CASE("what the producer said of time and priority stands") {
  test::TempQueue queue;
  const std::string name =
      queue.enqueue(R"({"operation":"greet","priority":1,"created_at":"2020-01-01T00:00:00Z"})");
  CHECK(parse_entry_name(name)->priority == 1);
  CHECK(test::entry_of(queue.read(State::pending, name)).document["created_at"] == "2020-01-01T00:00:00Z");
}

TEST_CASE("an entry for later waits in deferred/") {
  test::TempQueue queue;
  const WallTime due = queue.clock().wall_now() + std::chrono::hours{1};
  const auto later = queue.producer().enqueue(
      test::entry_of(R"({"operation":"greet","not_before":")" + format_rfc3339(due) + "\"}"));
  REQUIRE(later);
  CHECK(later->state == State::deferred);
  CHECK(queue.names(State::deferred) == Names{later->file_name});
  CHECK(parse_entry_name(later->file_name)->due_ms);

  const auto past = queue.producer().enqueue(
      test::entry_of(R"({"operation":"greet","not_before":"2020-01-01T00:00:00Z"})"));
  REQUIRE(past);
  CHECK(past->state == State::pending);
}

TEST_CASE("an entry that is too large is refused and leaves nothing") {
  ProducerOptions options = test::TempQueue::quick();
  options.entry_bytes_max = 200;
  test::TempQueue queue({}, options);
  const auto refused = queue.producer().enqueue(
      test::entry_of(R"({"operation":"greet","x":")" + std::string(200, 'x') + "\"}"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::invalid);
  CHECK(refused.error().message().find("the limit is 200") != std::string::npos);
  CHECK(queue.staged().empty());
}

TEST_CASE("a full queue is busy, and takes entries again when it is not") {
  ProducerOptions options = test::TempQueue::quick();
  options.pending_max = 2;
  test::TempQueue queue({}, options);
  const std::string first = queue.enqueue();
  (void)queue.enqueue();
  const auto refused = queue.producer().enqueue(test::entry_of(good));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::busy);
  (void)queue.claim(first);
  CHECK(queue.producer().enqueue(test::entry_of(good)));
  CHECK(queue.producer().enqueue_all(entries(1)).result.error().kind == ErrorKind::busy);
}

TEST_CASE("too little free space is said before anything is written") {
  ProducerOptions options;
  options.free_bytes_min = ~std::uint64_t{0};
  test::TempQueue queue({}, options);
  const auto refused = queue.producer().enqueue(test::entry_of(good));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::no_space);
  CHECK(queue.files().calls() == Calls{"free_space"});
}

TEST_CASE("a name that is taken is never replaced: the next number is used, in the file too") {
  test::TempQueue queue;
  const std::uint64_t next = queue.sequence().next() + 1;
  EntryName taken{.seq = next, .label = {}, .due_ms = {}};
  queue.drop(format_entry_name(taken), "somebody else's");
  const std::string name = queue.enqueue();
  CHECK(test::seq_of(name) > next);
  CHECK(test::entry_of(queue.read(State::pending, name)).document["seq"] == format_id(test::seq_of(name)));
  CHECK(queue.read(State::pending, format_entry_name(taken)) == "somebody else's");
  CHECK(queue.staged().empty());
}

TEST_CASE("several entries cost one directory sync and keep their order") {
  test::TempQueue queue;
  queue.files().heal();
  const auto bulk = queue.producer().enqueue_all(entries(20));
  REQUIRE(bulk.result);
  REQUIRE(bulk.enqueued.size() == 20);
  CHECK(std::count(queue.files().calls().begin(), queue.files().calls().end(), "sync_directory") == 1);
  const Names names = queue.names(State::pending);
  for (std::size_t i = 0; i < names.size(); ++i) {
    CHECK(names[i] == bulk.enqueued[i].file_name);
    CHECK(test::entry_of(queue.read(State::pending, names[i])).document["params"][0] == i);
  }
}

TEST_CASE("several entries, some for later, sync each directory once") {
  test::TempQueue queue;
  auto mixed = entries(3);
  mixed.push_back(test::entry_of(R"({"operation":"greet","not_before":"2200-01-01T00:00:00Z"})"));
  queue.files().heal();
  REQUIRE(queue.producer().enqueue_all(std::move(mixed)).result);
  CHECK(std::count(queue.files().calls().begin(), queue.files().calls().end(), "sync_directory") == 2);
  CHECK(queue.names(State::deferred).size() == 1);
}

TEST_CASE("no entries at all are enqueued without a sync") {
  test::TempQueue queue;
  const auto bulk = queue.producer().enqueue_all({});
  CHECK(bulk.result);
  CHECK(queue.files().calls().empty());
}

TEST_CASE("without directory sync the file is synced all the same") {
  ProducerOptions options = test::TempQueue::quick();
  options.sync_directory = false;
  test::TempQueue queue({}, options);
  queue.files().heal();
  (void)queue.enqueue();
  CHECK(queue.files().calls() == Calls{"write_new", "rename_new"});
}

TEST_CASE("a failed directory sync is unknown: the entry is there, and the message says what to do") {
  test::TempQueue queue;
  queue.files().fail("sync_directory", 1, EIO);
  const auto unknown = queue.producer().enqueue(test::entry_of(good));
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind == ErrorKind::unknown);
  CHECK(unknown.error().message().find("the same key") != std::string::npos);
  CHECK(queue.names(State::pending).size() == 1);
  CHECK(std::count(queue.files().calls().begin(), queue.files().calls().end(), "sync_directory") == 1);
}

TEST_CASE("an enqueue that fails leaves neither an entry nor a temporary") {
  for (const int number : {ENOSPC, EIO, EDQUOT, EROFS, EMFILE}) {
    for (const std::size_t nth : {1U, 2U}) {
      test::TempQueue queue;
      queue.files().fail(nth, number);
      CHECK_FALSE(queue.producer().enqueue(test::entry_of(good)));
      CHECK(queue.names(State::pending).empty());
      CHECK(queue.staged().empty());
      queue.files().heal();
      CHECK(queue.producer().enqueue(test::entry_of(good)));
    }
  }
}

TEST_CASE("a bulk that fails while files are written enqueues none") {
  test::TempQueue queue;
  queue.files().fail("write_new", 3, ENOSPC);
  const auto bulk = queue.producer().enqueue_all(entries(5));
  CHECK(bulk.result.error().kind == ErrorKind::no_space);
  CHECK(bulk.enqueued.empty());
  CHECK(queue.names(State::pending).empty());
  CHECK(queue.staged().empty());
}

TEST_CASE("a bulk that fails while names are given tells which entries are enqueued, durably") {
  test::TempQueue queue;
  queue.files().fail("rename_new", 3, ENOSPC);
  const auto bulk = queue.producer().enqueue_all(entries(5));
  CHECK(bulk.result.error().kind == ErrorKind::no_space);
  REQUIRE(bulk.enqueued.size() == 2);
  CHECK(queue.names(State::pending) == Names{bulk.enqueued[0].file_name, bulk.enqueued[1].file_name});
  CHECK(queue.staged().empty());
  CHECK(queue.files().calls().back() == "sync_directory");
}

}  // namespace spoold
