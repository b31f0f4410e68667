#include <catch2/catch.hpp>

#include "worker/dispatcher_bench.hpp"

// Entries that the worker died with: what else may run when they do.

using namespace spoold;
using namespace spoold::test;

namespace {

constexpr const char* entry_text = R"({"operation":"web.call"})";

}  // namespace

TEST_CASE("an entry that crashed the worker once runs alone in its lane, and lets others run beside") {
  DispatcherBench bench;
  ScriptedBackend& web = bench.add_lane("web");
  ScriptedBackend& sql = bench.add_lane("sql");
  web.places = 5;
  web.holding = true;
  bench.queue().drop("05_00000000000000000001.a1.c1.json", entry_text);
  bench.queue().drop("05_00000000000000000002.json", entry_text);
  bench.start();
  bench.enqueue("sql.a");
  bench.work();
  CHECK(web.running == 1);
  CHECK(sql.performed.size() == 1);
  web.go_on();
  bench.run();
  CHECK(bench.queue().names(State::processing).at(0).find("_00000000000000000002") != std::string::npos);
}

TEST_CASE("an entry that crashed the worker shares no batch, with those before it or behind") {
  const std::string crashes = GENERATE("c1", "c2");
  DispatcherBench bench;
  ScriptedBackend& web = bench.add_lane("web");
  web.batch = 100;
  bench.queue().drop("05_00000000000000000001.json", entry_text);
  bench.queue().drop("05_00000000000000000002.json", entry_text);
  bench.queue().drop("05_00000000000000000003.a1." + crashes + ".json", entry_text);
  bench.queue().drop("05_00000000000000000004.json", entry_text);
  bench.queue().drop("05_00000000000000000005.json", entry_text);
  bench.start();
  bench.work();
  REQUIRE(web.performed.size() == 3);
  CHECK(web.performed[0].size() == 2);
  CHECK(web.performed[1].size() == 1);
  CHECK(web.performed[2].size() == 2);
}

TEST_CASE("an entry that crashed the worker waits until its lane is quiet") {
  DispatcherBench bench;
  ScriptedBackend& web = bench.add_lane("web");
  web.places = 5;
  web.holding = true;
  bench.start();
  bench.enqueue("web.call");
  bench.work();
  REQUIRE(web.running == 1);
  bench.queue().drop("01_00000000000000000001.a1.c1.json", entry_text);
  bench.work();
  CHECK(web.running == 1);
  web.go_on();
  bench.run();
  CHECK(web.running == 1);
  CHECK(bench.queue().names(State::completed).size() == 1);
}

TEST_CASE("an entry that crashed the worker twice runs when nothing else does") {
  DispatcherBench bench;
  ScriptedBackend& web = bench.add_lane("web");
  ScriptedBackend& sql = bench.add_lane("sql");
  sql.holding = true;
  web.holding = true;
  bench.start();
  bench.enqueue("sql.a", 1);
  bench.work();
  REQUIRE(sql.running == 1);
  bench.queue().drop("01_00000000000000000001.a2.c2.json", entry_text);
  bench.enqueue("sql.b", 1);
  bench.work();
  CHECK(web.running == 0);
  sql.go_on();
  bench.run();
  CHECK(web.running == 1);
  CHECK(sql.running == 0);
  web.go_on();
  bench.run();
  CHECK(sql.running == 1);
}
