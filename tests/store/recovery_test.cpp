#include "store/recovery.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "support/temp_queue.hpp"

namespace spoold {

namespace {

using Names = std::vector<std::string>;
const std::string good = R"({"operation":"greet"})";

}  // namespace

TEST_CASE("what a dead worker held goes back to pending/, and the crash is counted") {
  test::TempQueue queue;
  const std::string name = queue.enqueue();
  (void)queue.claim(name);
  queue.reopen();
  const auto report = queue.recover();
  REQUIRE(report.returned.size() == 1);
  const auto returned = parse_entry_name(report.returned.front());
  REQUIRE(returned);
  CHECK(returned->seq == test::seq_of(name));
  CHECK(returned->attempts == 1);
  CHECK(returned->crashes == 1);
  CHECK(queue.names(State::pending) == report.returned);
  CHECK(report.failed.empty());
}

TEST_CASE("an entry that the worker died of three times is a dead letter that says so") {
  test::TempQueue queue;
  std::string name = queue.enqueue();
  for (int crash = 1; crash <= 2; ++crash) {
    (void)queue.claim(name);
    queue.reopen();
    const auto report = queue.recover();
    REQUIRE(report.returned.size() == 1);
    name = report.returned.front();
  }
  (void)queue.claim(name);
  queue.reopen();
  const auto report = queue.recover();
  CHECK(report.returned.empty());
  REQUIRE(report.failed.size() == 1);
  CHECK(queue.names(State::failed) == report.failed);
  const Json kept = test::entry_of(queue.read(State::failed, report.failed.front())).document;
  CHECK(kept["last_error"] == "the worker died 3 times while holding this entry");
  CHECK(kept["attempts"].back()["outcome"] == "crashed");
  CHECK(parse_entry_name(report.failed.front())->crashes == 3);
}

TEST_CASE("a claim keeps the crashes that recovery counted") {
  test::TempQueue queue;
  (void)queue.claim(queue.enqueue());
  queue.reopen();
  const auto report = queue.recover();
  const Claim claim = queue.claim(report.returned.at(0));
  CHECK(claim.name.crashes == 1);
  CHECK(claim.name.attempts == 2);
}

TEST_CASE("recovery without anything to recover changes nothing") {
  test::TempQueue queue;
  const std::string name = queue.enqueue();
  queue.files().heal();
  const auto report = queue.recover();
  CHECK(report.returned.empty());
  CHECK(queue.names(State::pending) == Names{name});
  CHECK(queue.files().calls() == Names{"list", "list"});
}

TEST_CASE("what is no entry goes back to pending/ under its name, however often it was there") {
  test::TempQueue queue;
  queue.drop("foo.json", "no entry", std::chrono::hours{1}, State::processing);
  queue.drop("05_00000000000000000042.a9.c9.json", "no entry", std::chrono::hours{1}, State::processing);
  REQUIRE(::mkdir(queue.path_of(State::processing, "05_00000000000000000043.a9.c9.json").c_str(), 0700) == 0);
  const auto report = queue.recover();
  CHECK(report.failed.empty());
  CHECK(queue.names(State::pending) ==
        Names{"05_00000000000000000042.a9.c10.json", "05_00000000000000000043.a9.c10.json", "foo.json"});
  for (const auto& name : queue.names(State::pending)) {
    const auto result = queue.store().claim(name);
    REQUIRE(result);
    CHECK(std::holds_alternative<Condemned>(*result));
  }
}

TEST_CASE("what a person takes out of processing/ during recovery is left to them, and recovery goes on") {
  // An entry that goes back, one that fails, a bundle that does, and one that is mended first.
  for (const std::string gone :
       {"05_00000000000000000042.a1.json", "05_00000000000000000042.a3.c2.json",
        "05_00000000000000000042.n2.a3.c3.jsonl", "05_00000000000000000050.n3.a1.jsonl"}) {
    for (std::size_t nth = 1;; ++nth) {
      test::TempQueue queue;
      queue.drop(gone, good + "\n", {}, State::processing);
      queue.drop("05_00000000000000000077.a1.json", good, {}, State::processing);
      queue.drop("05_00000000000000000052.a1.json", good, {}, State::failed);  // a line of the last
      CAPTURE(gone, nth);
      std::size_t calls = 0;
      queue.files().before_call = [&](const std::string&) {
        if (++calls == nth) (void)::unlink(queue.path_of(State::processing, gone).c_str());
      };
      const auto report = recover(queue.files(), queue.layout(), queue.clock(), {});
      CHECK(report);
      if (report) CHECK(queue.names(State::pending).back() == "05_00000000000000000077.a1.c1.json");
      CHECK(queue.names(State::processing).empty());
      if (calls < nth) break;
    }
  }
}

TEST_CASE("recovery replaces nothing that lies in pending/ or failed/") {
  test::TempQueue queue;
  queue.drop("05_00000000000000000042.a1.json", good, {}, State::processing);
  queue.drop("05_00000000000000000042.a1.c1.json", R"({"operation":"other"})");
  queue.drop("05_00000000000000000043.a3.c2.json", good, {}, State::processing);
  queue.drop("05_00000000000000000043.a3.c3.json", R"({"operation":"other"})", {}, State::failed);
  const auto report = queue.recover();
  CHECK(report.returned == Names{"05_00000000000000000042.a1.c1~2.json"});
  CHECK(report.failed == Names{"05_00000000000000000043.a3.c3~2.json"});
  CHECK(queue.read(State::pending, "05_00000000000000000042.a1.c1.json").find("other") != std::string::npos);
}

TEST_CASE("a large entry that was within the limit is failed by recovery, not lost") {
  StoreOptions options;
  options.entry_bytes_max = 100;
  test::TempQueue queue(options);
  queue.drop("05_00000000000000000042.a3.c2.json",
             R"({"operation":"greet","x":")" + std::string(500, 'x') + "\"}", {}, State::processing);
  CHECK(queue.recover().failed.size() == 1);
}

TEST_CASE("the counts are durable before anything runs again") {
  test::TempQueue queue;
  (void)queue.claim(queue.enqueue());
  queue.drop("05_00000000000000000043.a3.c2.json", good, {}, State::processing);
  queue.reopen();
  (void)queue.recover();
  const auto& calls = queue.files().calls();
  CHECK(std::count(calls.begin(), calls.end(), "sync_directory") == 2);
  queue.drop("05_00000000000000000044.a1.json", good, {}, State::processing);
  queue.files().fail("sync_directory", 1, EIO);
  const auto failed = recover(queue.files(), queue.layout(), queue.clock(), {});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == ErrorKind::unknown);
}

TEST_CASE("old litter in the staging directory is removed, and what may be at work is not") {
  test::TempQueue queue;
  const auto stage = [&](const std::string& name, std::chrono::hours age) {
    queue.drop(name, "half", age);
    REQUIRE(::rename(queue.path_of(State::pending, name).c_str(), (queue.path() + "/.tmp/" + name).c_str()) ==
            0);
  };
  stage("old.json", std::chrono::hours{37});
  stage("young.json", std::chrono::hours{35});
  stage("ahead.json", -std::chrono::hours{100});
  REQUIRE(::mkdir((queue.path() + "/.tmp/directory").c_str(), 0700) == 0);
  queue.clock().advance(std::chrono::hours{0});
  const auto report = queue.recover();
  CHECK(report.staging_removed == 1);
  CHECK(queue.staged() == Names{"ahead.json", "directory", "young.json"});
}

TEST_CASE("litter that cannot be removed does not keep the daemon from starting") {
  test::TempQueue queue;
  queue.drop("old.json", "half", std::chrono::hours{37});
  REQUIRE(::rename(queue.path_of(State::pending, "old.json").c_str(), (queue.path() + "/.tmp/old").c_str()) ==
          0);
  queue.files().fail("remove", 1, EROFS);
  CHECK(queue.recover().staging_removed == 0);
}

}  // namespace spoold
