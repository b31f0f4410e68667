#include <catch2/catch.hpp>
#include <cstdio>
#include <random>

#include "crash/transitions.hpp"

// Each of a transition's calls fails in turn: only that one, or that one and all after it.

namespace spoold {

namespace {

using test::LyingQueue;
using Names = std::vector<std::string>;
using Times = test::LyingDisk::Times;
using Scene = test::Scene<LyingQueue>;
using Transition = test::Transition<LyingQueue>;

struct Fault {
  std::size_t nth = 1;
  int number = 0;
  Times times = Times::once;
};

// Runs the step with a fault; false once it has fewer calls than this.
bool fails_at(Scene& scene, const Transition& transition, const Fault& fault) {
  transition.arrange(scene);
  scene.queue.files().fail(fault.nth, fault.number, fault.times);
  const bool succeeded = transition.step(scene);
  const bool struck = scene.queue.files().struck();
  if (!struck) CHECK(succeeded);
  return struck;
}

// Whether the fault was met; all that was promised is checked.
bool survives(const Transition& transition, const Fault& fault, bool and_power_cut) {
  INFO(transition.name << ", call " << fault.nth << ", errno " << fault.number
                       << (fault.times == Times::once ? ", once" : ", and after")
                       << (and_power_cut ? ", then a power cut" : ""));
  Scene scene;
  const bool struck = fails_at(scene, transition, fault);
  REQUIRE(test::broken_promises(scene) == Names{});
  if (!transition.name.starts_with("condemn")) REQUIRE(scene.queue.names(State::corrupt).empty());
  if (fault.times == Times::once) REQUIRE(scene.queue.staged().empty());

  std::mt19937_64 random{fault.nth};
  if (and_power_cut) {
    scene.queue.cut_power([&](std::size_t options) { return random() % options; });
  } else {
    scene.queue.reopen();
  }
  (void)scene.queue.recover();
  REQUIRE(scene.queue.names(State::processing).empty());
  REQUIRE(test::broken_promises(scene) == Names{});
  REQUIRE(test::drain(scene.queue));
  REQUIRE(test::broken_promises(scene) == Names{});
  return struck;
}

}  // namespace

TEST_CASE("whichever call fails, each entry is in one place and whole, and blamed for nothing") {
  std::size_t faults = 0;
  for (const auto& transition : test::all_transitions<LyingQueue>()) {
    for (const Times times : {Times::once, Times::onwards}) {
      for (const int number : {EIO, ENOSPC, EMFILE, EROFS}) {
        for (const bool and_power_cut : {false, true}) {
          Fault fault{1, number, times};
          for (; survives(transition, fault, and_power_cut); ++faults) ++fault.nth;
        }
      }
    }
  }
  std::printf("crash: %zu faults of calls\n", faults);
}

TEST_CASE("lines that leave a bundle after a sync that failed once are not lost to a power cut") {
  for (const test::NameOrder order : {test::NameOrder::journal, test::NameOrder::per_name}) {
    for (const auto& transition : test::all_transitions<LyingQueue>()) {
      if (!transition.name.starts_with("condemn a line")) continue;
      bool struck = true;
      for (std::size_t nth = 1; struck; ++nth) {
        test::EveryChoice every;
        do {
          INFO(transition.name << ", sync " << nth);
          Scene scene{LyingQueue{order}};
          transition.arrange(scene);
          scene.queue.files().fail(nth, EIO, Times::once, "fsync");
          const bool succeeded = transition.step(scene);
          struck = scene.queue.files().struck();
          scene.queue.files().heal();
          if (!succeeded) REQUIRE(transition.step(scene));
          scene.queue.cut_power(every.choose());
          (void)scene.queue.recover();
          REQUIRE(test::drain(scene.queue));
          REQUIRE(test::broken_promises(scene, test::Promises::nothing_lost) == Names{});
        } while (every.next());
      }
    }
  }
}

TEST_CASE("a step that failed once succeeds when it is taken again") {
  for (const auto& transition : test::all_transitions<LyingQueue>()) {
    for (std::size_t nth = 1;; ++nth) {
      INFO(transition.name << ", call " << nth);
      Scene scene;
      transition.arrange(scene);
      scene.queue.files().fail(nth, EIO);
      const bool succeeded = transition.step(scene);
      if (!scene.queue.files().struck()) break;
      // After a directory's sync that failed the entry has moved already, and must not be settled again.
      const bool moved = scene.queue.files().calls().back() == "fsync";
      scene.queue.files().heal();
      if (!succeeded && !moved) CHECK(transition.step(scene));
      CHECK(test::broken_promises(scene) == Names{});
    }
  }
}

}  // namespace spoold
