#include "store/staging_renewal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "support/temp_queue.hpp"

namespace spoold {

namespace {

using test::TempQueue;

std::string staging_of(TempQueue& queue) {
  return queue.layout().path() + "/.tmp";
}

void write_staged(TempQueue& queue, const std::string& name) {
  REQUIRE(queue.files().write_new(queue.layout().staging(), name, "{}", 0600, Durability::unsynced));
}

}  // namespace

TEST_CASE("a renewal puts another .tmp in the place of the old one, with the same owner and mode") {
  TempQueue queue;
  struct stat before {};
  REQUIRE(::stat(staging_of(queue).c_str(), &before) == 0);
  REQUIRE(renew_staging(queue.layout(), 1));
  struct stat after {};
  REQUIRE(::stat(staging_of(queue).c_str(), &after) == 0);
  CHECK(after.st_ino != before.st_ino);
  CHECK(after.st_mode == before.st_mode);
  CHECK(after.st_uid == before.st_uid);
  CHECK(after.st_gid == before.st_gid);
  // Nothing is left of the old one.
  for (const auto& entry : std::filesystem::directory_iterator{queue.layout().path()}) {
    CHECK_FALSE(entry.path().filename().string().starts_with(".tmp-"));
  }
}

TEST_CASE("who renews .tmp goes on in the fresh one, with all that was staged") {
  TempQueue queue;
  write_staged(queue, "half-done.json");
  REQUIRE(renew_staging(queue.layout(), 1));
  CHECK(queue.staged() == std::vector<std::string>{"half-done.json"});
  CHECK(queue.layout().check_still_there(queue.files()));
  const std::string name = queue.enqueue();
  const Claim claim = queue.claim(name);
  CHECK(queue.store().dead_letter(claim, AttemptRecord{1, WallTime{}, "reject", "for a reason"}));
  CHECK(queue.names(State::failed).size() == 1);
}

TEST_CASE("a producer that has the old .tmp open opens the fresh one, and enqueues") {
  TempQueue queue;
  PosixFileSystem files;
  const SystemClock clock;
  const auto layout = QueueLayout::open_for_producer(files, queue.layout().path());
  REQUIRE(layout);
  auto sequence = Sequence::open(layout->queue(), clock, 0600);
  REQUIRE(sequence);
  Producer producer{files, *layout, *sequence, clock, TempQueue::quick()};
  REQUIRE(producer.enqueue(test::entry_of(R"({"operation":"greet"})")));
  REQUIRE(renew_staging(queue.layout(), 1));
  REQUIRE(producer.enqueue(test::entry_of(R"({"operation":"greet"})")));
  REQUIRE(renew_staging(queue.layout(), 2));
  const auto bulk = producer.enqueue_all({test::entry_of(R"({"operation":"greet"})")});
  REQUIRE(bulk.result);
  CHECK(queue.names(State::pending).size() == 3);
  CHECK(queue.staged().empty());
}

TEST_CASE("a renewal amid an enqueue loses nothing: the staged file is found in the fresh .tmp") {
  TempQueue queue;
  test::FaultFileSystem& files = queue.files();
  std::uint64_t renewals = 0;
  // Between the writing and the rename.
  files.before_call = [&](const std::string& call) {
    if (call != "rename_new" || renewals > 0) return;
    ++renewals;
    PosixFileSystem others;
    const auto layout = QueueLayout::open(others, queue.layout().path());
    REQUIRE(layout);
    REQUIRE(renew_staging(*layout, renewals));
  };
  const std::string name = queue.enqueue();
  files.before_call = nullptr;
  CHECK(renewals == 1);
  CHECK(queue.names(State::pending) == std::vector<std::string>{name});
}

TEST_CASE("a renewal finishes what an earlier one left when it was cut short") {
  TempQueue queue;
  const std::string left = queue.layout().path() + "/.tmp-7";
  REQUIRE(::mkdir(left.c_str(), 0700) == 0);
  const int fd = ::open((left + "/old.json").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(fd >= 0);
  ::close(fd);
  REQUIRE(renew_staging(queue.layout(), 8));
  CHECK_FALSE(std::filesystem::exists(left));
  CHECK(queue.staged() == std::vector<std::string>{"old.json"});
}

}  // namespace spoold
