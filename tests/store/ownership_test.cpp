#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "support/temp_queue.hpp"

// Whose entries are taken. Other users' files can only be made by root; an ordinary user sees the half that
// needs none.

namespace spoold {

namespace {

using Names = std::vector<std::string>;

constexpr uid_t stranger = 65534;
const std::string good = R"({"operation":"greet"})";
const Names both_kinds_of_name{"05_00000000000000000042.json", "foo.json"};

void drop_as(const test::TempQueue& queue, const std::string& name, uid_t owner) {
  queue.drop(name, good);
  REQUIRE(::chown(queue.path_of(State::pending, name).c_str(), owner, static_cast<gid_t>(-1)) == 0);
}

struct stat status_of(const test::TempQueue& queue, const Claim& claim) {
  struct stat raw {};
  REQUIRE(::stat(queue.path_of(State::processing, claim.file_name).c_str(), &raw) == 0);
  return raw;
}

}  // namespace

TEST_CASE("a file of somebody who may not enqueue is condemned and says whose it was") {
  if (::geteuid() != 0) return;
  for (const auto& name : both_kinds_of_name) {
    test::TempQueue queue;
    drop_as(queue, name, stranger);
    const auto result = queue.store().claim(name);
    REQUIRE(result);
    const auto* condemned = std::get_if<Condemned>(&*result);
    REQUIRE(condemned != nullptr);
    CHECK(condemned->reason.find("uid 65534") != std::string::npos);
    CHECK(queue.names(State::corrupt) == Names{name, name + ".reason"});
  }
}

TEST_CASE("a file of somebody on the list is replaced by a copy of our own before it runs") {
  if (::geteuid() != 0) return;
  StoreOptions options;
  options.allow_uids = {stranger};
  for (const auto& name : both_kinds_of_name) {
    test::TempQueue queue(options);
    drop_as(queue, name, stranger);
    const UniqueFd held{::open(queue.path_of(State::pending, name).c_str(), O_WRONLY | O_CLOEXEC)};
    const Claim claim = queue.claim(name);
    CHECK(claim.adopted);
    CHECK(claim.entry.document["submitter_uid"] == stranger);
    CHECK(status_of(queue, claim).st_uid == ::geteuid());
    CHECK(queue.staged().empty());

    // What the owner still holds open is no longer the entry.
    REQUIRE(::pwrite(held.get(), "changed", 7, 0) == 7);
    const auto released = queue.store().release(claim);
    REQUIRE(released);
    const Claim again = queue.claim(*released);
    CHECK(again.entry.operation == "greet");
    CHECK(again.entry.document["submitter_uid"] == stranger);
    CHECK(again.adopted);  // the copy is not made again, but nobody knows here whether it was ever synced
  }
}

TEST_CASE("a copy whose claim could not be made durable is synced before the next claim runs") {
  if (::geteuid() != 0) return;
  StoreOptions options;
  options.allow_uids = {stranger};
  test::TempQueue queue(options);
  drop_as(queue, both_kinds_of_name[0], stranger);
  const Claim claim = queue.claim(both_kinds_of_name[0]);
  queue.files().fail("sync_directory", 1, EIO);
  REQUIRE_FALSE(queue.store().sync_claims());
  REQUIRE(queue.store().release(claim));
  queue.reopen();  // by another daemon, even
  CHECK(queue.claim(both_kinds_of_name[0]).adopted);
}

TEST_CASE("nobody can pass for another submitter") {
  if (::geteuid() != 0) return;
  StoreOptions options;
  options.allow_uids = {stranger};
  test::TempQueue queue(options);
  queue.drop("foo.json", R"({"operation":"greet","submitter_uid":0})");
  REQUIRE(::chown(queue.path_of(State::pending, "foo.json").c_str(), stranger, static_cast<gid_t>(-1)) == 0);
  CHECK(queue.claim("foo.json").entry.document["submitter_uid"] == stranger);
}

TEST_CASE("a copy that cannot be written puts the entry back as it was") {
  if (::geteuid() != 0) return;
  StoreOptions options;
  options.allow_uids = {stranger};
  for (const auto& name : both_kinds_of_name) {
    for (const char* call : {"write_new", "rename_over"}) {
      test::TempQueue queue(options);
      drop_as(queue, name, stranger);
      queue.files().fail(call, 1, ENOSPC);
      const auto result = queue.store().claim(name);
      REQUIRE_FALSE(result);
      CHECK(result.error().kind == ErrorKind::no_space);
      CHECK(queue.names(State::pending) == Names{name});
      CHECK(queue.staged().empty());
    }
  }
}

TEST_CASE("recovery leaves another user's file for the claim to judge") {
  if (::geteuid() != 0) return;
  test::TempQueue queue;
  const std::string name = "05_00000000000000000042.a3.c2.json";
  drop_as(queue, name, stranger);
  REQUIRE(::rename(queue.path_of(State::pending, name).c_str(),
                   queue.path_of(State::processing, name).c_str()) == 0);
  const auto report = queue.recover();
  CHECK(report.failed.empty());
  CHECK(report.returned.size() == 1);
}

TEST_CASE("in a group's queue the members of the group are taken, and nobody else") {
  if (::geteuid() != 0) return;
  test::TempQueue queue;
  const std::string pending = queue.path() + "/pending";
  REQUIRE(::chown(pending.c_str(), 0, 1) == 0);  // daemon(1) is in group 1, nobody(65534) is not
  REQUIRE(::chmod(pending.c_str(), 02770) == 0);
  queue.reopen();
  drop_as(queue, "member.json", 1);
  drop_as(queue, "stranger.json", stranger);
  CHECK(queue.claim("member.json").entry.document["submitter_uid"] == 1);
  const auto refused = queue.store().claim("stranger.json");
  REQUIRE(refused);
  CHECK(std::holds_alternative<Condemned>(*refused));
}

TEST_CASE("in a group's queue a file of ours that the group may write is replaced by a copy") {
  test::TempQueue queue;
  REQUIRE(::chmod((queue.path() + "/pending").c_str(), 02770) == 0);
  queue.reopen();
  const std::string name = both_kinds_of_name.front();
  queue.drop(name, good);
  REQUIRE(::chmod(queue.path_of(State::pending, name).c_str(), 0660) == 0);
  const Claim claim = queue.claim(name);
  CHECK(claim.adopted);
  CHECK((status_of(queue, claim).st_mode & 07777U) == 0640);
  REQUIRE(claim.entry.document.contains("submitter_uid"));
  CHECK(claim.entry.document["submitter_uid"] == ::geteuid());
  REQUIRE(queue.store().release(claim));
  CHECK(queue.claim(name).adopted);
}

TEST_CASE("in one user's queue the mode of a file does not matter") {
  test::TempQueue queue;
  const std::string name = both_kinds_of_name.front();
  queue.drop(name, good);
  REQUIRE(::chmod(queue.path_of(State::pending, name).c_str(), 0666) == 0);
  CHECK_FALSE(queue.claim(name).adopted);
}

TEST_CASE("entries in a group's queue can be read by the group") {
  test::TempQueue queue;
  REQUIRE(::chmod((queue.path() + "/pending").c_str(), 02770) == 0);
  queue.reopen();
  const std::string name = queue.enqueue();
  struct stat raw {};
  REQUIRE(::stat(queue.path_of(State::pending, name).c_str(), &raw) == 0);
  CHECK((raw.st_mode & 07777U) == 0640);
}

TEST_CASE("what root enqueues for another user can be read by that user") {
  if (::geteuid() != 0) return;
  test::TempQueue queue;
  REQUIRE(::chown((queue.path() + "/pending").c_str(), stranger, stranger) == 0);
  PosixFileSystem files;
  const auto layout = QueueLayout::open_for_producer(files, queue.path());
  REQUIRE(layout);
  Producer producer{files, *layout, queue.sequence(), queue.clock(), test::TempQueue::quick()};
  const auto enqueued = producer.enqueue(test::entry_of(good));
  REQUIRE(enqueued);
  struct stat raw {};
  REQUIRE(::stat(queue.path_of(State::pending, enqueued->file_name).c_str(), &raw) == 0);
  CHECK((raw.st_mode & 07777U) == 0644);
}

}  // namespace spoold
