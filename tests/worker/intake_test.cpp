#include "worker/intake.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <catch2/catch.hpp>

#include "worker/worker_bench.hpp"

namespace spoold {

namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;
using test::WorkerBench;

// An intake that does nothing with what it learns but keep it.
class IntakeBench : public WorkerBench {
 public:
  IntakeBench() { intake.set_wait_max(5min); }

  // What is runnable since the last call, in order.
  Names work() {
    REQUIRE(await(intake.work()));
    Names names;
    while (!runnable_.empty()) names.push_back(runnable_.take().file_name);
    return names;
  }

  // Puts an entry into deferred/ as a settled claim does. Returns its name there.
  std::string defer(std::chrono::nanoseconds wait) {
    const Claim claim = queue().claim(queue().enqueue());
    const AttemptRecord record{1, clock().wall_now(), "retry", "busy", true};
    const auto name = queue().store().defer(claim, clock().wall_now() + wait, record);
    REQUIRE(name);
    return format_entry_name(*name);
  }

  std::string only_deferred() {
    const Names names = queue().names(State::deferred);
    REQUIRE(names.size() == 1);
    return names.front();
  }

  std::chrono::nanoseconds wait_of(const std::string& file_name) {
    const auto name = parse_entry_name(file_name);
    REQUIRE(name);
    REQUIRE(name->due_ms);
    return due_time(*name->due_ms) - clock().wall_now();
  }

  Intake intake{context(), 60s,
                Intake::Hooks{.runnable = [this](const EntryName& name) { runnable_.add(name); },
                              .runnable_all = [this](WaitingSet names) { runnable_.merge(std::move(names)); },
                              .runnable_foreign =
                                  [this](std::string name, int priority, WallTime modified) {
                                    runnable_.add_foreign(std::move(name), priority, modified);
                                  },
                              .known = [](auto&, auto&) {}}};

 private:
  WaitingSet runnable_;
};

}  // namespace

TEST_CASE("the first look finds what is pending, deferred and foreign") {
  IntakeBench bench;
  const std::string ours = bench.queue().enqueue();
  bench.queue().drop("1_foreign.json", R"({"operation":"x"})");
  bench.defer(1min);
  CHECK(bench.work() == Names{"1_foreign.json", ours});
  CHECK(bench.intake.deferred() == 1);
}

TEST_CASE("what falls due is moved to pending/, and not before") {
  IntakeBench bench;
  bench.defer(1min);
  bench.work();
  bench.clock().advance(1min - 1ms);
  bench.work();
  CHECK(bench.queue().names(State::deferred).size() == 1);
  bench.clock().advance(2ms);
  bench.work();
  CHECK(bench.queue().names(State::deferred).empty());
  CHECK(bench.queue().names(State::pending).size() == 1);
}

TEST_CASE("a half-written file is looked at again when it may be whole") {
  IntakeBench bench;
  bench.queue().drop("half.json", R"({"operation":)", 0s);
  bench.work();
  CHECK(bench.intake.unsettled() == 1);
  bench.queue().drop("half.json", R"({"operation":"x"})", 0s);
  bench.clock().advance(10s);
  CHECK(bench.work() == Names{"half.json"});
}

TEST_CASE("a scan that finds what the watch had told of hands it on once") {
  IntakeBench bench;
  const std::string name = bench.queue().enqueue();
  CHECK(bench.work() == Names{name});
  Changes changes;
  changes.rescan = true;
  bench.intake.add(std::move(changes));
  CHECK(bench.intake.has_work());
  bench.work();
  CHECK_FALSE(bench.intake.has_work());
}

TEST_CASE("what came in the tick of the clock in which a scan looked is found by the next scan") {
  IntakeBench bench;
  const auto stamp_pending = [&, now = bench.clock().wall_now()] {
    const auto since_1970 = now.time_since_epoch();
    const auto whole = std::chrono::floor<std::chrono::seconds>(since_1970);
    const timespec time{whole.count(), (since_1970 - whole).count()};
    const std::array<timespec, 2> times{time, time};
    REQUIRE(::utimensat(AT_FDCWD, (bench.queue().path() + "/pending").c_str(), times.data(), 0) == 0);
  };
  stamp_pending();
  bench.work();
  const std::string name = bench.queue().enqueue();
  stamp_pending();  // as coarse as the file system keeps time
  bench.clock().advance(61s);
  CHECK(bench.work() == Names{name});
}

TEST_CASE("an entry deferred before the clock stepped back a year waits no longer than a back-off can be") {
  IntakeBench bench;
  bench.defer(2s);
  bench.work();
  bench.clock().set_wall(bench.clock().wall_now() - 365 * 24h);
  bench.work();
  const std::string name = bench.only_deferred();
  CHECK(bench.wait_of(name) <= 5min + 1ms);
  CHECK(name.find(".a1.json") != std::string::npos);
  CHECK(bench.count("brought_forward") == 1);
  bench.clock().advance(5min + 1ms);
  bench.work();
  CHECK(bench.queue().names(State::deferred).empty());
  CHECK(bench.queue().names(State::pending).size() == 1);
}

TEST_CASE("what a step back left in deferred/ is brought forward at the start") {
  IntakeBench bench;
  bench.defer(365 * 24h);
  bench.work();
  CHECK(bench.wait_of(bench.only_deferred()) <= 5min + 1ms);
  bench.work();
  CHECK(bench.intake.deferred() == 1);
}

TEST_CASE("an entry that waits for its not_before waits for it, whatever the clock does") {
  IntakeBench bench;
  const WallTime not_before = bench.clock().wall_now() + 365 * 24h;
  const std::string name =
      bench.queue().enqueue(R"({"operation":"x","not_before":")" + format_rfc3339(not_before) + "\"}");
  bench.work();
  bench.clock().set_wall(bench.clock().wall_now() - 365 * 24h);
  bench.work();
  CHECK(bench.only_deferred() == name);
  CHECK(bench.count("brought_forward") == 0);
}

TEST_CASE("a clock that steps back by less than the longest wait changes no due time") {
  IntakeBench bench;
  const std::string name = bench.defer(2s);
  bench.work();
  bench.clock().set_wall(bench.clock().wall_now() - 1min);
  bench.work();
  CHECK(bench.only_deferred() == name);
}

TEST_CASE("a clock that steps ahead lets what is deferred run at once") {
  IntakeBench bench;
  bench.defer(5min);
  bench.work();
  bench.clock().set_wall(bench.clock().wall_now() + 365 * 24h);
  bench.work();
  CHECK(bench.queue().names(State::pending).size() == 1);
}

TEST_CASE("a half-written file is not left alone for the length of a step back") {
  IntakeBench bench;
  bench.queue().drop("half.json", R"({"operation":)", 0s);
  bench.work();
  bench.clock().set_wall(bench.clock().wall_now() - 365 * 24h);
  bench.work();
  bench.queue().drop("half.json", R"({"operation":"x"})", 0s);
  bench.clock().advance(61s);
  CHECK(bench.work() == Names{"half.json"});
}

}  // namespace spoold
