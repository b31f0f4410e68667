#include <catch2/catch.hpp>

#include "worker/dispatcher_bench.hpp"

namespace spoold {

using namespace std::chrono_literals;
using test::DispatcherBench;
using test::ScriptedBackend;

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

}  // namespace spoold
