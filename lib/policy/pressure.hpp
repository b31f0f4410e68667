#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace spoold {

// How hungry a queue is, by how many entries wait in it. A producer that makes work at will (a crawler, a
// generator of samples) looks at it and holds back in time.
enum class PressureLevel { starving, low, balanced, high, overflow };
constexpr std::array<PressureLevel, 5> all_pressure_levels{PressureLevel::starving, PressureLevel::low,
                                                           PressureLevel::balanced, PressureLevel::high,
                                                           PressureLevel::overflow};
[[nodiscard]] std::string_view to_string(PressureLevel level);  // "STARVING"

// `pressure:` of the configuration.
struct PressureOptions {
  // Each level begins with so many waiting; 1 <= low < balanced < high < overflow. Fewer than `low`:
  // STARVING.
  std::uint64_t low = 1;
  std::uint64_t balanced = 5;
  std::uint64_t high = 25;
  std::uint64_t overflow = 50;
  // How many entries a producer is to make at each level; at HIGH and OVERFLOW none.
  std::uint32_t produce_starving = 20;
  std::uint32_t produce_low = 15;
  std::uint32_t produce_balanced = 10;

  friend bool operator==(const PressureOptions&, const PressureOptions&) = default;
};

struct Pressure {
  PressureLevel level = PressureLevel::starving;
  std::uint64_t waiting = 0;
  std::uint32_t produce = 0;

  friend bool operator==(const Pressure&, const Pressure&) = default;
};

// `waiting`: entries in pending/, and those in deferred/ for another attempt; not those put off by their
// producers, which nobody has to work on yet, nor those that run.
[[nodiscard]] Pressure measure_pressure(const PressureOptions& options, std::uint64_t waiting);

}  // namespace spoold
