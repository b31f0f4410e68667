#include <catch2/catch.hpp>
#include <cstdio>
#include <random>

#include "crash/transitions.hpp"

// The power is cut before each of a transition's calls in turn, and after the last. What was not synced may
// be lost in every way that the file system's order allows; each way is tried.

namespace spoold {

namespace {

using test::LyingQueue;
using test::NameOrder;
using Moment = test::LyingDisk::Moment;
using Names = std::vector<std::string>;
using Scene = test::Scene<LyingQueue>;
using Transition = test::Transition<LyingQueue>;

// Takes the step, which dies before its nth call; false once it has fewer calls than this.
bool dies_at(Scene& scene, const Transition& transition, std::size_t nth) {
  transition.arrange(scene);
  scene.queue.files().die(nth, Moment::before);
  try {
    (void)transition.step(scene);
  } catch (const test::Crash&) {
  }
  return scene.queue.files().struck();
}

// Nothing that was said to lie somewhere for good lies elsewhere.
Names broken_after_cut(const Scene& scene, test::Promises which) {
  Names broken = test::broken_promises(scene, which);
  if (which == test::Promises::nothing_lost) return broken;
  for (const auto& [mark, state] : scene.promised) {
    const Names places = test::places_of(scene.queue, mark);
    if (places.size() != 1 || !places[0].starts_with(to_string(state))) {
      broken.push_back(mark + " is not in " + std::string(to_string(state)));
    }
  }
  return broken;
}

void comes_right(Scene& scene, test::Promises which) {
  REQUIRE(broken_after_cut(scene, which) == Names{});
  (void)scene.queue.recover();
  REQUIRE(scene.queue.names(State::processing).empty());
  REQUIRE(broken_after_cut(scene, which) == Names{});
  REQUIRE(test::drain(scene.queue));
  REQUIRE(test::broken_promises(scene, which) == Names{});
}

struct Figures {
  std::size_t points = 0;
  std::size_t states = 0;
};

Figures cut_everywhere(NameOrder order, test::Promises which) {
  Figures figures;
  for (const auto& transition : test::all_transitions<LyingQueue>()) {
    bool died = true;
    for (std::size_t nth = 1; died; ++nth, ++figures.points) {
      test::EveryChoice every;
      do {
        INFO(transition.name << ", before call " << nth << ", outcome " << figures.states);
        Scene scene{LyingQueue{order}};
        died = dies_at(scene, transition, nth);
        scene.queue.cut_power(every.choose());
        comes_right(scene, which);
        ++figures.states;
      } while (every.next());
    }
  }
  return figures;
}

}  // namespace

TEST_CASE("no power cut loses, doubles or tears anything where the file system keeps a journal") {
  const Figures figures = cut_everywhere(NameOrder::journal, test::Promises::all);
  std::printf("crash: %zu power cuts over a journal, %zu ways to come back\n", figures.points,
              figures.states);
}

TEST_CASE("no power cut loses, doubles or tears anything where only renames of one name are in order") {
  const Figures figures = cut_everywhere(NameOrder::per_name, test::Promises::all_but_reasons);
  std::printf("crash: %zu power cuts without a journal, %zu ways to come back\n", figures.points,
              figures.states);
}

TEST_CASE("no power cut loses anything where a rename may be caught halfway") {
  const Figures figures = cut_everywhere(NameOrder::halves, test::Promises::nothing_lost);
  std::printf("crash: %zu power cuts with renames in halves, %zu ways to come back\n", figures.points,
              figures.states);
}

TEST_CASE("a second power cut, at any call of the recovery from the first, changes nothing") {
  std::size_t pairs = 0;
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 random{seed};
  const test::Choose choose = [&](std::size_t options) { return random() % options; };
  for (const NameOrder order : {NameOrder::journal, NameOrder::per_name}) {
    for (const auto& transition : test::all_transitions<LyingQueue>()) {
      bool died = true;
      for (std::size_t first = 1; died; ++first) {
        bool died_again = true;
        for (std::size_t second = 1; died_again; ++second, ++pairs) {
          INFO("seed " << seed << ", " << transition.name << ", before call " << first
                       << ", then before call " << second << " of the recovery");
          Scene scene{LyingQueue{order}};
          died = dies_at(scene, transition, first);
          scene.queue.cut_power(choose);
          scene.queue.files().die(second, Moment::before);
          try {
            (void)scene.queue.recover();
          } catch (const test::Crash&) {
          }
          died_again = scene.queue.files().struck();
          scene.queue.cut_power(choose);
          comes_right(scene,
                      order == NameOrder::journal ? test::Promises::all : test::Promises::all_but_reasons);
        }
      }
    }
  }
  std::printf("crash: %zu pairs of power cuts\n", pairs);
}

TEST_CASE("an adopted entry keeps its id over a power cut once its claim was synced") {
  for (const NameOrder order : {NameOrder::journal, NameOrder::per_name}) {
    test::EveryChoice every;
    do {
      LyingQueue queue{order};
      queue.drop("foo.json", test::marked("one"));
      const Claim claim = queue.claim("foo.json");
      REQUIRE(queue.store().sync_claims());
      REQUIRE(queue.store().ack(claim, nullptr));
      queue.cut_power(every.choose());
      (void)queue.recover();
      const Names places = test::places_of(queue, "one");
      REQUIRE(places.size() == 1);
      CHECK(parse_entry_name(places[0].substr(places[0].find('/') + 1))->seq == claim.name.seq);
    } while (every.next());
  }
}

TEST_CASE("an adopted entry that was put back or off before it ran keeps its id over a power cut too") {
  for (const bool put_off : {false, true}) {
    test::EveryChoice every;
    do {
      LyingQueue queue{NameOrder::journal};
      queue.drop("foo.json", test::marked("one"));
      const Claim first = queue.claim("foo.json");
      if (put_off) {
        const auto name = queue.store().postpone(first, queue.clock().wall_now());
        REQUIRE(name);
        REQUIRE(queue.store().make_due(*name));
      } else {
        REQUIRE(queue.store().release(first));
      }
      // As the worker does, before it runs.
      const Claim claim = queue.claim(queue.names(State::pending).at(0));
      if (claim.adopted) REQUIRE(queue.store().sync_claims());
      queue.cut_power(every.choose());
      (void)queue.recover();
      const Names places = test::places_of(queue, "one");
      REQUIRE(places.size() == 1);
      const auto name = parse_entry_name(places[0].substr(places[0].find('/') + 1));
      CHECK((name && name->seq == claim.name.seq));
    } while (every.next());
  }
}

}  // namespace spoold
