#include <catch2/catch.hpp>

#include "crash/transitions.hpp"

// Each of a transition's calls fails in turn: only that one, or that one and all after it.

namespace spoold {

namespace {

using Names = std::vector<std::string>;
using Times = test::FaultFileSystem::Times;

// Runs the step with a fault; false once it has fewer calls than this.
bool fails_at(test::Scene& scene, const test::Transition& transition, std::size_t nth, int number,
              Times times) {
  transition.arrange(scene);
  scene.queue.files().fail(nth, number, times);
  const bool succeeded = transition.step(scene);
  const bool struck = scene.queue.files().struck();
  if (!struck) CHECK(succeeded);
  return struck;
}

}  // namespace

TEST_CASE("whichever call fails, each entry is in one place and whole, and blamed for nothing") {
  for (const auto& transition : test::all_transitions()) {
    const bool condemns = transition.name.starts_with("condemn");
    for (const Times times : {Times::once, Times::onwards}) {
      for (const int number : {ENOSPC, EIO}) {
        for (std::size_t nth = 1;; ++nth) {
          INFO(transition.name << ", call " << nth << ", errno " << number
                               << (times == Times::once ? ", once" : ", and after"));
          test::Scene scene;
          const bool struck = fails_at(scene, transition, nth, number, times);
          CHECK(test::broken_promises(scene) == Names{});
          if (!condemns) CHECK(scene.queue.names(State::corrupt).empty());
          if (times == Times::once) CHECK(scene.queue.staged().empty());

          scene.queue.reopen();
          (void)scene.queue.recover();
          CHECK(scene.queue.names(State::processing).empty());
          CHECK(test::broken_promises(scene) == Names{});
          if (!struck) break;
        }
      }
    }
  }
}

TEST_CASE("a step that failed once succeeds when it is taken again") {
  for (const auto& transition : test::all_transitions()) {
    for (std::size_t nth = 1;; ++nth) {
      INFO(transition.name << ", call " << nth);
      test::Scene scene;
      transition.arrange(scene);
      scene.queue.files().fail(nth, EIO);
      const bool succeeded = transition.step(scene);
      if (!scene.queue.files().struck()) break;
      // After a sync that failed the entry has moved already, and must not be settled again.
      const bool moved = scene.queue.files().calls().back() == "sync_directory";
      scene.queue.files().heal();
      if (!succeeded && !moved) CHECK(transition.step(scene));
      CHECK(test::broken_promises(scene) == Names{});
    }
  }
}

}  // namespace spoold
