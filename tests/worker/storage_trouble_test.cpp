#include <catch2/catch.hpp>

#include "worker/dispatcher_bench.hpp"

namespace spoold {

using namespace std::chrono_literals;
using test::DispatcherBench;
using test::ScriptedBackend;

TEST_CASE("what a full disk keeps from being settled is held, stops the claims, and is not run again") {
  DispatcherBench bench;
  ScriptedBackend& web = bench.add_lane("web");
  web.holding = true;
  bench.start();
  bench.enqueue_all({"web.a", "web.b"});
  bench.work();
  REQUIRE(web.running == 1);
  bench.queue().files().fail(1, ENOSPC, test::FaultFileSystem::Times::onwards);
  web.go_on();
  bench.run();
  CHECK(bench.dispatcher().held() == 1);
  CHECK(bench.count("storage_trouble") == 1);
  CHECK(web.performed.size() == 1);
  bench.queue().files().heal();
  bench.work();
  CHECK(web.performed.size() == 1);  // not before the next look
  web.holding = false;
  bench.clock().advance(1s);
  bench.work();
  bench.work();
  CHECK(bench.count("storage_mended") == 1);
  CHECK(DispatcherBench::operations_of(web) == std::vector<std::string>{"web.a", "web.b"});
  CHECK(bench.queue().names(State::completed).size() == 2);
}

TEST_CASE("what could not be settled is settled also where another batch found the storage well meanwhile") {
  DispatcherBench bench;
  ScriptedBackend& web = bench.add_lane("web");
  ScriptedBackend& sql = bench.add_lane("sql");
  web.holding = true;
  sql.holding = true;
  bench.start();
  bench.enqueue_all({"web.a", "sql.a"});
  bench.work();
  REQUIRE(web.running + sql.running == 2);
  bench.queue().files().fail(1, EIO);
  web.go_on();
  bench.run();
  REQUIRE(bench.dispatcher().held() == 1);
  sql.go_on();
  bench.run();
  REQUIRE(bench.count("storage_mended") == 1);
  REQUIRE(bench.dispatcher().held() == 1);
  bench.work();
  CHECK(bench.dispatcher().held() == 0);
  CHECK(bench.queue().names(State::completed).size() == 2);
  CHECK(web.performed.size() == 1);
}

namespace {

// One entry whose outcome the storage refused to record.
void hold_one(DispatcherBench& bench, const std::string& failing_call) {
  ScriptedBackend& web = bench.add_lane("web");
  web.holding = true;
  bench.start();
  bench.enqueue("web.a");
  bench.work();
  bench.queue().files().fail(failing_call, 1, ENOSPC, test::FaultFileSystem::Times::onwards);
  web.outcomes["web.a"] = [] { return Retry{"not yet", {}}; };
  web.go_on();
  bench.run();
  REQUIRE(bench.dispatcher().held() == 1);
}

}  // namespace

TEST_CASE("at the end what the storage refused is settled, although its next look is not due, if it can be") {
  DispatcherBench bench;
  hold_one(bench, "write_new");
  bench.queue().files().heal();
  bench.end_held();
  CHECK(bench.dispatcher().held() == 0);
  CHECK(bench.queue().names(State::deferred).size() == 1);
}

TEST_CASE(
    "at the end what cannot be recorded for want of space is given back, and no crash is counted for it") {
  DispatcherBench bench;
  hold_one(bench, "write_new");
  bench.end_held();
  CHECK(bench.dispatcher().held() == 0);
  const auto pending = bench.queue().names(State::pending);
  REQUIRE(pending.size() == 1);
  CHECK(parse_entry_name(pending.front())->attempts == 0);
  CHECK(bench.count("released") == 1);
  bench.queue().reopen();
  CHECK(bench.queue().recover().returned.empty());
}

TEST_CASE("at the end what cannot even be moved stays held") {
  DispatcherBench bench;
  hold_one(bench, "rename_over");
  bench.queue().files().fail(1, EROFS, test::FaultFileSystem::Times::onwards);
  bench.end_held();
  CHECK(bench.dispatcher().held() == 1);
  CHECK(bench.queue().names(State::processing).size() == 1);
}

}  // namespace spoold
