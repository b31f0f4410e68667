#include <catch2/catch.hpp>

#include "support/temp_queue.hpp"

namespace spoold {

namespace {

using Names = std::vector<std::string>;
using Times = test::FaultFileSystem::Times;

const Names both_kinds_of_name{"05_00000000000000000042.json", "foo.json"};
const std::string good = R"({"operation":"greet"})";

}  // namespace

TEST_CASE("a file that the storage cannot read is an error, and goes back under its name") {
  for (const auto& name : both_kinds_of_name) {
    for (const int number : {EIO, EMFILE, ENFILE, ENOMEM, EACCES, EUCLEAN, ESTALE}) {
      test::TempQueue queue;
      queue.drop(name, good);
      queue.files().fail("read", 1, number);
      const auto result = queue.store().claim(name);
      REQUIRE_FALSE(result);
      CHECK(result.error().number == number);
      CHECK(queue.names(State::pending) == Names{name});
      CHECK(queue.names(State::processing).empty());
      CHECK(queue.names(State::corrupt).empty());
      queue.files().heal();
      CHECK(queue.claim(name).name.attempts == 1);
    }
  }
}

TEST_CASE("a foreign name that cannot be read after its rename gets its old name back") {
  test::TempQueue queue;
  queue.drop("foo.json", good);
  queue.files().fail("read", 2, EIO);
  REQUIRE_FALSE(queue.store().claim("foo.json"));
  CHECK(queue.names(State::pending) == Names{"foo.json"});
}

TEST_CASE("an entry that cannot even be put back is left for recovery, and the error says so") {
  test::TempQueue queue;
  const std::string name = queue.enqueue();
  queue.files().fail("read", 1, EIO);
  queue.files().before_call = [&](const std::string& call) {
    if (call == "read") queue.files().before_call = nullptr;
  };
  queue.files().fail(2, EIO, Times::onwards);
  const auto result = queue.store().claim(name);
  REQUIRE_FALSE(result);
  CHECK(result.error().message().find("until the daemon's next start") != std::string::npos);
  CHECK(queue.names(State::processing).size() == 1);
  queue.reopen();
  CHECK(queue.recover().returned.size() == 1);
}

TEST_CASE("a claim that the storage does not let happen leaves the entry where it is") {
  for (const int number : {ENOSPC, EROFS, EIO, EDQUOT}) {
    for (const auto& name : both_kinds_of_name) {
      test::TempQueue queue;
      queue.drop(name, good);
      queue.files().fail("rename_new", 1, number);
      const auto result = queue.store().claim(name);
      REQUIRE_FALSE(result);
      CHECK(is_storage_trouble(result.error().kind));
      CHECK(queue.names(State::pending) == Names{name});
    }
  }
}

TEST_CASE("a bad file is not condemned while its reason cannot be written") {
  for (const auto& name : both_kinds_of_name) {
    for (const char* call : {"write_new", "rename_new"}) {
      for (const std::size_t nth : {1U, 2U}) {
        test::TempQueue queue;
        queue.drop(name, "no entry");
        queue.files().fail(call, nth, ENOSPC, Times::once);
        const auto result = queue.store().claim(name);
        if (!queue.files().struck()) continue;
        REQUIRE_FALSE(result);
        CHECK(result.error().kind == ErrorKind::no_space);
        CHECK(queue.names(State::pending) == Names{name});
        CHECK(queue.names(State::processing).empty());
        CHECK(queue.names(State::corrupt).empty());
      }
    }
  }
}

TEST_CASE("a settlement that fails leaves the entry in processing/, to be settled again") {
  for (const int number : {ENOSPC, EIO, EROFS}) {
    for (std::size_t nth = 1; nth <= 4; ++nth) {
      test::TempQueue queue;
      const Claim claim = queue.claim(queue.enqueue());
      queue.files().fail(nth, number);
      REQUIRE_FALSE(queue.store().dead_letter(claim, {1, queue.clock().wall_now(), "reject", "no"}));
      CHECK(queue.names(State::processing) == Names{claim.file_name});
      CHECK(queue.staged().empty());
      queue.files().heal();
      REQUIRE(queue.store().dead_letter(claim, {1, queue.clock().wall_now(), "reject", "no"}));
      CHECK(queue.names(State::failed) == Names{claim.file_name});
    }
  }
}

TEST_CASE("a dead letter whose directory could not be synced is unknown, and lies in failed/") {
  test::TempQueue queue;
  const Claim claim = queue.claim(queue.enqueue());
  queue.files().fail("sync_directory", 1, EIO);
  const auto result = queue.store().dead_letter(claim, {1, queue.clock().wall_now(), "reject", "no"});
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::unknown);
  CHECK(queue.names(State::failed) == Names{claim.file_name});
}

}  // namespace spoold
