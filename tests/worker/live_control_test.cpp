#include <catch2/catch.hpp>

#include "worker/dispatcher_bench.hpp"
#include "worker/stats_file.hpp"

namespace spoold {

namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;
using test::DispatcherBench;
using test::ScriptedBackend;

class LiveBench : public DispatcherBench {
 public:
  LiveBench() : a(add_lane("a")), b(add_lane("b")) { start(); }
  Json lane_stats(std::size_t index) {
    return make_lane_stats(lane(index), dispatcher(), clock().monotonic_now(), clock().wall_now());
  }
  Pauses pauses_of(const std::string& name) {
    Pauses pauses;
    pauses.lanes[name] = Pause{"ada", clock().wall_now(), "it moves"};
    return pauses;
  }
  ScriptedBackend& a;
  ScriptedBackend& b;
};

}  // namespace

TEST_CASE("an entry that is cancelled while it runs goes to cancelled, and by whom is kept in it") {
  LiveBench bench;
  bench.a.holding = true;
  const std::string name = bench.enqueue("a.x");
  bench.work();
  const std::uint64_t seq = test::seq_of(name);
  REQUIRE(bench.dispatcher().running_entries(10).size() == 1);
  CHECK(bench.dispatcher().running_entries(10)[0].operation == "a.x");
  CHECK(bench.dispatcher().running_entries(0).empty());
  CHECK(bench.dispatcher().cancel(seq, "ada"));
  bench.a.go_on();
  bench.run();
  CHECK(bench.queue().state_of(seq) == State::cancelled);
  const Names names = bench.queue().names(State::cancelled);
  REQUIRE(names.size() == 1);
  const auto entry = parse_json(bench.queue().read(State::cancelled, names[0]));
  REQUIRE(entry);
  CHECK((*entry)["last_error"] == "cancelled by ada while it ran");
  CHECK((*entry)["attempts"][0]["outcome"] == "cancelled");
  CHECK(bench.count("cancelled") == 1);
  CHECK_FALSE(bench.dispatcher().cancel(seq, "ada"));
}

TEST_CASE("what took effect before it could be cancelled is completed, and what only failed is cancelled") {
  for (const bool done : {true, false}) {
    LiveBench bench;
    bench.a.holding = true;
    bench.a.outcomes["a.x"] = [done] { return done ? Outcome{Done{}} : Outcome{Retry{"503", {}}}; };
    const std::uint64_t seq = test::seq_of(bench.enqueue("a.x"));
    bench.work();
    CHECK(bench.dispatcher().cancel(seq, "ada"));
    bench.a.go_on();
    bench.run();
    CHECK(bench.queue().state_of(seq) == (done ? State::completed : State::cancelled));
  }
}

TEST_CASE("what only waits is not the dispatcher's to cancel") {
  LiveBench bench;
  bench.a.holding = true;
  bench.enqueue_all({"a.x", "a.y"});
  bench.work();
  const std::uint64_t waiting = test::seq_of(bench.queue().names(State::pending).at(0));
  CHECK_FALSE(bench.dispatcher().cancel(waiting, "ada"));
  CHECK(bench.a.interrupted.empty());
}

TEST_CASE("a lane that people pause begins nothing, lets what runs end, and goes on when resumed") {
  LiveBench bench;
  bench.a.holding = true;
  bench.enqueue_all({"a.1", "a.2", "b.1"});
  bench.work();
  bench.dispatcher().set_pauses(bench.pauses_of("a"));
  bench.a.go_on();
  bench.work();
  CHECK(DispatcherBench::operations_of(bench.a) == Names{"a.1"});
  CHECK(DispatcherBench::operations_of(bench.b) == Names{"b.1"});
  CHECK(bench.queue().names(State::completed).size() == 2);
  CHECK(bench.dispatcher().blocked_by() == "a is paused");
  CHECK(bench.lane_stats(0)["state"] == "paused");
  CHECK(bench.lane_stats(0)["paused"]["by"] == "ada");
  CHECK(bench.lane_stats(1)["paused"].is_null());
  bench.a.holding = false;
  bench.dispatcher().set_pauses({});
  bench.work();
  CHECK(DispatcherBench::operations_of(bench.a) == Names{"a.1", "a.2"});
}

TEST_CASE("a pause of all holds for every lane, those of a reload too") {
  LiveBench bench;
  Pauses pauses;
  pauses.all = Pause{"ada", {}, ""};
  bench.dispatcher().set_pauses(pauses);
  bench.enqueue_all({"a.1", "b.1"});
  bench.work();
  bench.reload();
  bench.work();
  CHECK(bench.queue().names(State::pending).size() == 2);
}

TEST_CASE("resuming does not undo a pause of the configuration") {
  LiveBench bench;
  bench.lane(0).paused = true;
  bench.dispatcher().set_pauses({});
  bench.enqueue("a.1");
  bench.work();
  CHECK(bench.a.performed.empty());
  CHECK(bench.lane_stats(0)["paused"]["by"] == "the configuration");
}

TEST_CASE("where an entry waits is told: its lane, and what goes before it") {
  LiveBench bench;
  bench.a.holding = true;
  bench.enqueue_all({"a.1", "a.2"}, 1);
  bench.enqueue("b.0", 1);
  bench.b.holding = true;
  bench.enqueue_all({"a.3"}, 5);
  const std::uint64_t last = test::seq_of(bench.enqueue("a.4", 5));
  bench.work();
  const auto waiting = bench.dispatcher().find_waiting(last);
  REQUIRE(waiting);
  REQUIRE(waiting->lane);
  CHECK(waiting->lane->name == "a");
  CHECK(waiting->place.ahead.of_better_priority == 1);
  CHECK(waiting->place.ahead.of_its_priority == 1);
  CHECK_FALSE(bench.dispatcher().find_waiting(42));
}

}  // namespace spoold
