#include "policy/pressure.hpp"

#include <catch2/catch.hpp>

using namespace spoold;

TEST_CASE("the level changes exactly at its thresholds, and with it how many to produce") {
  struct Row {
    std::uint64_t waiting;
    const char* level;
    std::uint32_t produce;
  };
  for (const auto& [waiting, level, produce] : {Row{0, "STARVING", 20},
                                                {1, "LOW", 15},
                                                {4, "LOW", 15},
                                                {5, "BALANCED", 10},
                                                {24, "BALANCED", 10},
                                                {25, "HIGH", 0},
                                                {49, "HIGH", 0},
                                                {50, "OVERFLOW", 0},
                                                {1'000'000, "OVERFLOW", 0}}) {
    CAPTURE(waiting);
    const Pressure pressure = measure_pressure({}, waiting);
    CHECK(to_string(pressure.level) == level);
    CHECK(pressure.produce == produce);
    CHECK(pressure.waiting == waiting);
  }
}

TEST_CASE("thresholds and batches are what the options say") {
  const PressureOptions options{.low = 10,
                                .balanced = 20,
                                .high = 30,
                                .overflow = 40,
                                .produce_starving = 3,
                                .produce_low = 2,
                                .produce_balanced = 1};
  CHECK(measure_pressure(options, 9) == Pressure{PressureLevel::starving, 9, 3});
  CHECK(measure_pressure(options, 10) == Pressure{PressureLevel::low, 10, 2});
  CHECK(measure_pressure(options, 20) == Pressure{PressureLevel::balanced, 20, 1});
  CHECK(measure_pressure(options, 30) == Pressure{PressureLevel::high, 30, 0});
  CHECK(measure_pressure(options, 40) == Pressure{PressureLevel::overflow, 40, 0});
}
