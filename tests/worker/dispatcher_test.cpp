#include <catch2/catch.hpp>

#include "worker/dispatcher_bench.hpp"

namespace spoold {

namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;
using test::DispatcherBench;
using test::ScriptedBackend;

Outcome unavailable() {
  return Unavailable{"HTTP 503", std::nullopt};
}

std::string only(const Names& names) {
  REQUIRE(names.size() == 1);
  return names.front();
}

}  // namespace

TEST_CASE("the better priority runs first in its lane, then the lower number") {
  DispatcherBench bench;
  ScriptedBackend& web = bench.add_lane("web");
  bench.start();
  bench.enqueue("web.5", 5);
  bench.enqueue("web.9", 9);
  bench.enqueue("web.1", 1);
  bench.enqueue("web.5later", 5);
  bench.work();
  CHECK(DispatcherBench::operations_of(web) == Names{"web.1", "web.5", "web.5later", "web.9"});
  CHECK(bench.queue().names(State::completed).size() == 4);
}

TEST_CASE("a lane whose calls hang does not hold another one up") {
  DispatcherBench bench;
  ScriptedBackend& web = bench.add_lane("web");
  ScriptedBackend& sql = bench.add_lane("sql");
  sql.batch = 100;
  web.holding = true;
  bench.start();
  bench.enqueue_all({"web.a", "web.b"}, 1);
  bench.enqueue_all({"sql.a", "sql.b", "sql.c"}, 9);
  bench.work();
  CHECK(web.running == 1);
  CHECK(DispatcherBench::operations_of(sql) == Names{"sql.a", "sql.b", "sql.c"});
  CHECK(bench.queue().names(State::completed).size() == 3);
}

TEST_CASE("no more run at once than the backend has places for, and each that ends lets the next begin") {
  DispatcherBench bench;
  ScriptedBackend& web = bench.add_lane("web");
  web.places = 2;
  web.holding = true;
  bench.start();
  bench.enqueue_all({"web.a", "web.b", "web.c", "web.d", "web.e"});
  bench.work();
  CHECK(web.running == 1);  // the first of all tries whether the backend is there
  for (int i = 0; i < 5; ++i) {
    web.go_on();
    bench.run();
  }
  CHECK(web.most_running == 2);
  CHECK(bench.queue().names(State::completed).size() == 5);
}

TEST_CASE("no more are begun in any stretch of time than the lane's rate says") {
  DispatcherBench bench;
  LaneOptions options;
  options.rate = Rate{2, 1min};
  ScriptedBackend& web = bench.add_lane("web", options);
  web.places = 10;
  bench.start();
  bench.enqueue_all({"web.a", "web.b", "web.c", "web.d", "web.e"});
  bench.work();
  CHECK(web.performed.size() == 2);
  const auto next = bench.dispatcher().next_look(bench.clock().monotonic_now());
  REQUIRE(next);
  CHECK(*next == bench.clock().monotonic_now() + 1min);
  bench.clock().advance(1min - 1ms);
  bench.work();
  CHECK(web.performed.size() == 2);
  bench.clock().advance(1ms);
  bench.work();
  CHECK(web.performed.size() == 4);
}

TEST_CASE("the rate goes by a clock that never steps") {
  DispatcherBench bench;
  LaneOptions options;
  options.rate = Rate{1, 1min};
  ScriptedBackend& web = bench.add_lane("web", options);
  bench.start();
  bench.enqueue_all({"web.a", "web.b", "web.c"});
  bench.work();
  bench.clock().set_wall(bench.clock().wall_now() + 365 * 24h);
  bench.work();
  CHECK(web.performed.size() == 1);
  bench.clock().set_wall(bench.clock().wall_now() - 2 * 365 * 24h);
  bench.clock().advance(1min);
  bench.work();
  CHECK(web.performed.size() == 2);
}

TEST_CASE("a paused lane begins nothing") {
  DispatcherBench bench;
  LaneOptions options;
  options.paused = true;
  ScriptedBackend& web = bench.add_lane("web", options);
  bench.start();
  bench.enqueue("web.a");
  bench.work();
  CHECK(web.performed.empty());
  CHECK(bench.dispatcher().blocked_by() == "web is paused");
}

TEST_CASE("an outage gives the entries back, counts no attempt, and lets one at a time try") {
  DispatcherBench bench;
  ScriptedBackend& web = bench.add_lane("web");
  web.places = 3;
  web.outcomes["web.call"] = unavailable;
  bench.start();
  const Names before{bench.enqueue("web.call"), bench.enqueue("web.call"), bench.enqueue("web.call")};
  bench.work();
  CHECK(bench.queue().names(State::pending) == before);
  CHECK(web.performed.size() == 1);
  CHECK(bench.count("lane_unavailable") == 1);
  bench.work();
  CHECK(web.performed.size() == 1);
  bench.clock().advance(1s);
  bench.work();
  CHECK(web.performed.size() == 2);
  CHECK(web.most_running == 1);
  web.outcomes.clear();
  bench.clock().advance(2s);
  bench.work();
  bench.work();
  CHECK(bench.count("lane_available") == 1);
  CHECK(bench.queue().names(State::completed).size() == 3);
  for (const std::string& name : bench.queue().names(State::completed))
    CHECK(name.find(".a1.json") != std::string::npos);
}

TEST_CASE("a pause that the backend asks for goes by a clock that never steps") {
  DispatcherBench bench;
  ScriptedBackend& web = bench.add_lane("web");
  const WallTime until = bench.clock().wall_now() + 1min;
  web.outcomes["web.call"] = [until] { return Unavailable{"HTTP 429", until}; };
  bench.start();
  bench.enqueue("web.call");
  bench.work();
  bench.clock().set_wall(bench.clock().wall_now() - 365 * 24h);
  bench.clock().advance(1min);
  bench.work();
  CHECK(web.performed.size() == 2);
}

TEST_CASE("the entry that found the backend unavailable is not the next to try it") {
  DispatcherBench bench;
  ScriptedBackend& web = bench.add_lane("web");
  web.outcomes["web.bad"] = unavailable;
  bench.start();
  bench.enqueue("web.bad", 1);
  bench.enqueue("web.good", 9);
  bench.work();
  CHECK(DispatcherBench::operations_of(web) == Names{"web.bad"});
  bench.clock().advance(1s);
  bench.work();
  CHECK(DispatcherBench::operations_of(web).at(1) == "web.good");
}

TEST_CASE(
    "an entry that its backend never takes, while it takes others, fails by itself after three strikes") {
  DispatcherBench bench;
  ScriptedBackend& web = bench.add_lane("web");
  web.outcomes["web.bad"] = unavailable;
  bench.start();
  bench.enqueue("web.bad", 1);
  for (int i = 0; i < 20; ++i) bench.enqueue("web.good", 9);
  for (int i = 0; i < 20; ++i) {
    bench.work();
    bench.clock().advance(10s);
  }
  REQUIRE(bench.put_off.size() == 1);
  CHECK(bench.put_off.front().attempts == 1);
  CHECK(bench.queue().names(State::completed).size() == 20);
}

TEST_CASE("an attempt that was refused before the backend was asked does not end its outage") {
  DispatcherBench bench;
  ScriptedBackend& web = bench.add_lane("web");
  web.places = 3;
  web.outcomes["web.call"] = unavailable;
  web.outcomes["web.wrong"] = [] { return reject_unasked("no such placeholder"); };
  bench.start();
  bench.enqueue("web.call", 1);
  bench.work();
  bench.enqueue("web.wrong", 2);
  for (int i = 0; i < 5; ++i) bench.enqueue("web.call", 3);
  web.performed.clear();
  bench.clock().advance(1s);
  bench.work();
  // The refused one has told nothing, so the next one tries, alone.
  CHECK(DispatcherBench::operations_of(web) == Names{"web.wrong", "web.call"});
  CHECK(bench.count("lane_available") == 0);
  CHECK(bench.queue().names(State::failed).size() == 1);
  CHECK(bench.queue().names(State::pending).size() == 6);
}

TEST_CASE("an attempt that the backend itself refused ends its outage") {
  DispatcherBench bench;
  ScriptedBackend& web = bench.add_lane("web");
  web.outcomes["web.call"] = unavailable;
  web.outcomes["web.wrong"] = [] { return Reject{"HTTP 404"}; };
  bench.start();
  bench.enqueue("web.call");
  bench.work();
  bench.enqueue("web.wrong");
  bench.clock().advance(1s);
  bench.work();
  CHECK(bench.count("lane_available") == 1);
}

TEST_CASE("a backend that does not open is tried again after a pause, its entries untouched") {
  DispatcherBench bench;
  ScriptedBackend& web = bench.add_lane("web");
  web.opens_with = Unavailable{"no such file", std::nullopt};
  bench.start();
  const std::string name = bench.enqueue("web.call");
  bench.work();
  CHECK(web.performed.empty());
  CHECK(only(bench.queue().names(State::pending)) == name);
  web.opens_with.reset();
  bench.clock().advance(1s);
  bench.work();
  CHECK(web.opened == 2);
  CHECK(bench.queue().names(State::completed).size() == 1);
}

TEST_CASE("no more entries are settled than were asked for") {
  DispatcherBench bench;
  ScriptedBackend& sql = bench.add_lane("sql");
  sql.batch = 100;
  bench.start();
  bench.dispatcher().limit_entries(3);
  bench.enqueue_all({"sql.a", "sql.b", "sql.c", "sql.d", "sql.e"});
  bench.work();
  CHECK(bench.dispatcher().reached_limit());
  CHECK(bench.queue().names(State::completed).size() == 3);
  CHECK(bench.queue().names(State::pending).size() == 2);
}

TEST_CASE("an operation without a route fails, and says which routes there are") {
  DispatcherBench bench;
  bench.add_lane("web");
  bench.start();
  bench.enqueue("strange");
  bench.work();
  const std::string text = bench.queue().read(State::failed, only(bench.queue().names(State::failed)));
  CHECK(text.find("no route for operation 'strange'; the routes are: web.*") != std::string::npos);
}

TEST_CASE("after a stop nothing is claimed, and what runs is settled") {
  DispatcherBench bench;
  ScriptedBackend& web = bench.add_lane("web");
  web.holding = true;
  bench.start();
  bench.enqueue_all({"web.a", "web.b"});
  bench.work();
  bench.dispatcher().stop_claiming();
  web.go_on();
  bench.run();
  bench.work();
  CHECK(bench.queue().names(State::completed).size() == 1);
  CHECK(bench.queue().names(State::pending).size() == 1);
  CHECK(bench.dispatcher().running() == 0);
}

TEST_CASE(
    "what was interrupted is given back with its attempt not counted, and says nothing of the backend") {
  DispatcherBench bench;
  ScriptedBackend& web = bench.add_lane("web");
  web.holding = true;
  web.outcomes["web.a"] = [] { return Interrupted{"the worker stops"}; };
  bench.start();
  const std::string name = bench.enqueue("web.a");
  bench.work();
  bench.dispatcher().stop_claiming();
  bench.dispatcher().interrupt();
  CHECK(web.stops > 0);
  web.go_on();
  bench.run();
  CHECK(only(bench.queue().names(State::pending)) == name);
  CHECK(bench.count("lane_unavailable") == 0);
}

}  // namespace spoold
