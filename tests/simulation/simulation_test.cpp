#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "simulation/world.hpp"

// SPOOLD_SIMULATION_SEED=N runs the worlds from that seed on, SPOOLD_SIMULATION_RUNS=N as many, or else as
// many as there is time for, SPOOLD_SIMULATION_STEPS=N the length of each; SPOOLD_SIMULATION_TRACE=1 tells
// all that happens.

namespace spoold::test {

namespace {

using namespace std::chrono_literals;
using Broken = std::vector<std::string>;

constexpr auto time_for_all = 20s;

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoull(text);
}

World::Figures live(std::uint64_t seed, std::uint64_t steps) {
  INFO("again with SPOOLD_SIMULATION_RUNS=1 SPOOLD_SIMULATION_SEED=" << seed);
  World world{seed};
  for (std::uint64_t i = 0; i < steps; ++i) {
    world.step();
    if (!world.broken().empty()) break;
  }
  REQUIRE(world.broken() == Broken{});
  world.come_to_rest();
  REQUIRE(world.broken() == Broken{});
  return world.figures();
}

void add(World::Figures& all, const World::Figures& one) {
  all.steps += one.steps;
  all.entries += one.entries;
  all.power_cuts += one.power_cuts;
  all.deaths += one.deaths;
  all.starts += one.starts;
  all.calls += one.calls;
}

}  // namespace

TEST_CASE("whatever befalls the worker, its promises hold, and all ends well once it is left alone") {
  const std::uint64_t first = setting("SPOOLD_SIMULATION_SEED", std::random_device{}());
  const std::uint64_t runs = setting("SPOOLD_SIMULATION_RUNS", 0);
  const std::uint64_t steps = setting("SPOOLD_SIMULATION_STEPS", 5000);
  const auto began = VirtualTime::real_now();
  World::Figures all;
  std::uint64_t seed = first;
  std::printf("simulation: the first seed is %llu\n", static_cast<unsigned long long>(first));
  std::fflush(stdout);
  while (runs == 0 ? VirtualTime::real_now() - began < time_for_all : seed < first + runs) {
    add(all, live(seed++, steps));
  }
  const auto tell = [](const char* what, std::uint64_t number) {
    std::printf(", %llu %s", static_cast<unsigned long long>(number), what);
  };
  std::printf("simulation: %llu worlds", static_cast<unsigned long long>(seed - first));
  tell("steps", all.steps);
  tell("entries", all.entries);
  tell("calls of the disk", all.calls);
  tell("starts of the daemon", all.starts);
  tell("deaths of it", all.deaths);
  tell("power cuts", all.power_cuts);
  std::printf("\n");
}

TEST_CASE("the same seed takes the same course") {
  const World::Figures one = live(7, 3000);
  const World::Figures other = live(7, 3000);
  CHECK(one.course == other.course);
  CHECK(one.calls == other.calls);
  CHECK(live(8, 3000).course != one.course);
}

TEST_CASE("time stands still until it is moved") {
  VirtualTime time;
  const auto before = std::chrono::steady_clock::now();
  CHECK(before == time.monotonic_now());
  time.advance(1h);
  CHECK(std::chrono::steady_clock::now() - before == 1h);
}

}  // namespace spoold::test
