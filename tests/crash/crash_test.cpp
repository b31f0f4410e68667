#include <catch2/catch.hpp>
#include <cstdio>

#include "crash/transitions.hpp"

// The process dies before or after each of a transition's calls in turn; then a new one starts and recovers.

namespace spoold {

namespace {

using test::LyingQueue;
using Moment = test::LyingDisk::Moment;
using Names = std::vector<std::string>;
using Scene = test::Scene<LyingQueue>;
using Transition = test::Transition<LyingQueue>;

constexpr std::array<Moment, 2> moments{Moment::before, Moment::after};

// False once the step has fewer calls than this.
bool dies_at(Scene& scene, const Transition& transition, std::size_t nth, Moment moment) {
  transition.arrange(scene);
  scene.queue.files().die(nth, moment);
  try {
    (void)transition.step(scene);
  } catch (const test::Crash&) {
  }
  return scene.queue.files().struck();
}

}  // namespace

TEST_CASE("whenever the worker dies, the next one finds each entry once and whole") {
  std::size_t deaths = 0;
  for (const auto& transition : test::all_transitions<LyingQueue>()) {
    for (const Moment moment : moments) {
      for (std::size_t nth = 1;; ++nth, ++deaths) {
        INFO(transition.name << ", call " << nth << ", moment " << static_cast<int>(moment));
        Scene scene;
        const bool died = dies_at(scene, transition, nth, moment);
        scene.queue.reopen();
        REQUIRE(test::broken_promises(scene) == Names{});
        (void)scene.queue.recover();
        REQUIRE(scene.queue.names(State::processing).empty());
        REQUIRE(test::broken_promises(scene) == Names{});
        REQUIRE(test::drain(scene.queue));
        REQUIRE(test::broken_promises(scene) == Names{});
        if (!died) break;
      }
    }
  }
  std::printf("crash: %zu deaths of the process, each at another call\n", deaths);
}

TEST_CASE("a recovery that dies itself, again and again, comes to the same end") {
  const auto& recovery = test::all_transitions<LyingQueue>().back();
  REQUIRE(recovery.name == "recover");
  for (const Moment moment : moments) {
    for (std::size_t nth = 1;; ++nth) {
      INFO("call " << nth << ", moment " << static_cast<int>(moment));
      Scene scene;
      bool died = dies_at(scene, recovery, nth, moment);
      const bool died_at_all = died;
      for (int rounds = 0; died; ++rounds) {
        REQUIRE(rounds < 100);
        scene.queue.reopen();
        // One call further each time, or it would die at the same place for ever.
        scene.queue.files().die(nth + static_cast<std::size_t>(rounds) + 1, moment);
        try {
          (void)recovery.step(scene);
        } catch (const test::Crash&) {
        }
        died = scene.queue.files().struck();
        CHECK(test::broken_promises(scene) == Names{});
      }
      CHECK(scene.queue.names(State::processing).empty());
      CHECK(scene.queue.names(State::failed).size() == 1);
      CHECK(scene.queue.names(State::pending).size() == 4);
      if (!died_at_all) break;
    }
  }
}

TEST_CASE("what dead processes left in the staging directory is removed in time") {
  for (const auto& transition : test::all_transitions<LyingQueue>()) {
    for (std::size_t nth = 1;; ++nth) {
      INFO(transition.name << ", call " << nth);
      Scene scene;
      const bool died = dies_at(scene, transition, nth, Moment::before);
      scene.queue.reopen();
      scene.queue.clock().advance(std::chrono::hours{48});
      (void)scene.queue.recover();
      CHECK(scene.queue.staged().empty());
      if (!died) break;
    }
  }
}

TEST_CASE("an attempt that the worker died in stays counted") {
  Scene scene;
  const auto& transitions = test::all_transitions<LyingQueue>();
  REQUIRE(transitions.at(2).name == "claim");
  transitions.at(2).arrange(scene);
  REQUIRE(transitions.at(2).step(scene));
  scene.queue.reopen();
  const auto report = scene.queue.recover();
  REQUIRE(report.returned.size() == 1);
  CHECK(parse_entry_name(report.returned.front())->attempts == 1);
  CHECK(parse_entry_name(report.returned.front())->crashes == 1);
}

}  // namespace spoold
