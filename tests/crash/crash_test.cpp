#include <catch2/catch.hpp>

#include "crash/transitions.hpp"

// The process dies before, within or after each of a transition's calls in turn; then a new one starts and
// recovers.

namespace spoold {

namespace {

using Moment = test::FaultFileSystem::Moment;
using Names = std::vector<std::string>;

constexpr std::array<Moment, 3> moments{Moment::before, Moment::within, Moment::after};

// False once the step has fewer calls than this.
bool dies_at(test::Scene& scene, const test::Transition& transition, std::size_t nth, Moment moment) {
  transition.arrange(scene);
  scene.queue.files().crash(nth, moment);
  try {
    (void)transition.step(scene);
  } catch (const test::Crash&) {
  }
  return scene.queue.files().struck();
}

// Claims and acknowledges whatever can be, and puts aside what cannot.
void drain(test::TempQueue& queue) {
  queue.clock().advance(std::chrono::hours{40});
  for (const std::string& name : queue.names(State::pending)) {
    auto result = queue.store().claim(name);
    REQUIRE(result);
    if (const auto* claim = std::get_if<Claim>(&*result)) REQUIRE(queue.store().ack(*claim, nullptr));
  }
}

}  // namespace

TEST_CASE("whenever the worker dies, the next one finds each entry once and whole") {
  for (const auto& transition : test::all_transitions()) {
    for (const Moment moment : moments) {
      for (std::size_t nth = 1;; ++nth) {
        INFO(transition.name << ", call " << nth << ", moment " << static_cast<int>(moment));
        test::Scene scene;
        const bool died = dies_at(scene, transition, nth, moment);
        scene.queue.reopen();
        CHECK(test::broken_promises(scene) == Names{});
        (void)scene.queue.recover();
        CHECK(scene.queue.names(State::processing).empty());
        CHECK(test::broken_promises(scene) == Names{});
        drain(scene.queue);
        CHECK(scene.queue.names(State::pending).empty());
        CHECK(scene.queue.names(State::processing).empty());
        CHECK(test::broken_promises(scene) == Names{});
        if (!died) break;
      }
    }
  }
}

TEST_CASE("a recovery that dies itself, again and again, comes to the same end") {
  const auto& transitions = test::all_transitions();
  const auto& recovery = transitions.back();
  REQUIRE(recovery.name == "recover");
  for (const Moment moment : moments) {
    for (std::size_t nth = 1;; ++nth) {
      INFO("call " << nth << ", moment " << static_cast<int>(moment));
      test::Scene scene;
      bool died = dies_at(scene, recovery, nth, moment);
      const bool died_at_all = died;
      for (int rounds = 0; died; ++rounds) {
        REQUIRE(rounds < 50);
        scene.queue.reopen();
        // One call further each time, or it would die at the same place for ever.
        scene.queue.files().crash(nth + static_cast<std::size_t>(rounds) + 1, moment);
        try {
          (void)recovery.step(scene);
        } catch (const test::Crash&) {
        }
        died = scene.queue.files().struck();
        CHECK(test::broken_promises(scene) == Names{});
      }
      CHECK(scene.queue.names(State::processing).empty());
      CHECK(scene.queue.names(State::failed).size() == 1);
      CHECK(scene.queue.names(State::pending).size() == 3);
      if (!died_at_all) break;
    }
  }
}

TEST_CASE("what dead processes left in the staging directory is removed in time") {
  for (const auto& transition : test::all_transitions()) {
    for (std::size_t nth = 1;; ++nth) {
      INFO(transition.name << ", call " << nth);
      test::Scene scene;
      const bool died = dies_at(scene, transition, nth, Moment::within);
      scene.queue.reopen();
      scene.queue.clock().advance(std::chrono::hours{48});
      (void)scene.queue.recover();
      CHECK(scene.queue.staged().empty());
      if (!died) break;
    }
  }
}

}  // namespace spoold
