#include <catch2/catch.hpp>

#include "worker/dispatcher_bench.hpp"

namespace spoold {

namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;
using test::DispatcherBench;
using test::ScriptedBackend;

// A lane "web" whose operations "web.slow*" may begin twice a minute.
class RatedBench : public DispatcherBench {
 public:
  RatedBench() : web(add_lane("web")) {
    web.places = 10;
    add_route("web.slow*", "web").rate = Rate{2, 1min};
  }
  ScriptedBackend& web;
};

}  // namespace

TEST_CASE("entries of a route at its rate are passed over, and the lane's others go on") {
  RatedBench bench;
  bench.start();
  bench.enqueue_all({"web.slow", "web.slow", "web.slow", "web.slow"}, 1);
  bench.enqueue_all({"web.a", "web.b"}, 9);
  bench.work();
  CHECK(DispatcherBench::operations_of(bench.web) == Names{"web.slow", "web.slow", "web.a", "web.b"});
  CHECK(bench.dispatcher().waiting() == 2);
}

TEST_CASE("a route's entries begin as its rate allows, and the wake-up is for that time") {
  RatedBench bench;
  bench.start();
  bench.enqueue_all({"web.slow", "web.slow", "web.slow"});
  bench.work();
  CHECK(bench.web.performed.size() == 2);
  const auto look = bench.dispatcher().next_look(bench.clock().monotonic_now());
  REQUIRE(look);
  CHECK(*look == bench.clock().monotonic_now() + 1min);
  bench.clock().advance(1min - 1ns);
  bench.work();
  CHECK(bench.web.performed.size() == 2);
  bench.clock().advance(1ns);
  bench.work();
  CHECK(bench.web.performed.size() == 3);
  CHECK_FALSE(bench.dispatcher().next_look(bench.clock().monotonic_now()));
}

TEST_CASE("among entries that may begin, those of rated routes keep their place by priority and number") {
  RatedBench bench;
  bench.start();
  bench.enqueue("web.b", 5);
  bench.enqueue("web.slow", 5);
  bench.enqueue("web.c", 5);
  bench.enqueue("web.slow1", 1);
  bench.work();
  CHECK(DispatcherBench::operations_of(bench.web) == Names{"web.slow1", "web.b", "web.slow", "web.c"});
}

TEST_CASE("a route's rate counts beside the lane's") {
  DispatcherBench bench;
  LaneOptions options;
  options.rate = Rate{3, 1min};
  ScriptedBackend& web = bench.add_lane("web", options);
  web.places = 10;
  bench.add_route("web.slow", "web").rate = Rate{2, 1min};
  bench.start();
  bench.enqueue_all({"web.slow", "web.slow", "web.slow"}, 1);
  bench.enqueue_all({"web.a", "web.b"}, 9);
  bench.work();
  CHECK(DispatcherBench::operations_of(web) == Names{"web.slow", "web.slow", "web.a"});
}

TEST_CASE("a route's rate holds within a batch too") {
  RatedBench bench;
  bench.web.batch = 100;
  bench.start();
  bench.enqueue_all({"web.slow", "web.slow", "web.slow", "web.a"});
  bench.work();
  CHECK(DispatcherBench::operations_of(bench.web) == Names{"web.slow", "web.slow", "web.a"});
}

TEST_CASE("an entry that found the backend unavailable tries again where the others are at their rate") {
  RatedBench bench;
  bench.web.outcomes["web.a"] = [] { return Unavailable{"HTTP 503", std::nullopt}; };
  bench.start();
  bench.enqueue_all({"web.slow", "web.slow", "web.slow"}, 1);
  bench.enqueue("web.a", 9);
  bench.work();
  bench.clock().advance(1s);
  bench.web.performed.clear();
  bench.work();
  CHECK(DispatcherBench::operations_of(bench.web) == Names{"web.a"});
}

TEST_CASE("a reload keeps the starts of a route whose rate is the same, and what waits finds its new place") {
  RatedBench bench;
  bench.start();
  bench.enqueue_all({"web.slow", "web.slow", "web.slow"});
  bench.work();
  REQUIRE(bench.web.performed.size() == 2);
  bench.reload();
  bench.work();
  CHECK(bench.web.performed.size() == 2);
  CHECK(bench.dispatcher().waiting() == 1);
  bench.route(0).rate = Rate{3, 1min};
  bench.reload();
  bench.work();
  CHECK(bench.web.performed.size() == 3);
}

TEST_CASE("a lane that takes another's place keeps the starts of its routes") {
  LaneQueue before;
  const MonotonicTime now{1h};
  before.set_rates({{"slow", Rate{1, 1min}}});
  before.put({"05_00000000000000000001.json", 5, 1}, "slow");
  before.begin(before.take(now), now);
  LaneQueue after;
  after.take_starts(before);
  after.set_rates({{"slow", Rate{1, 1min}}, {"other", Rate{1, 1min}}});
  after.put({"05_00000000000000000002.json", 5, 2}, "slow");
  CHECK_FALSE(after.ready(now));
  CHECK(after.next_allowed(now) == now + 1min);
  after.put({"05_00000000000000000003.json", 5, 3}, "other");
  CHECK(after.take(now).entry.file_name == "05_00000000000000000003.json");
}

}  // namespace spoold
