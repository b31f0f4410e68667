#include "policy/pressure.hpp"

namespace spoold {

std::string_view to_string(PressureLevel level) {
  switch (level) {
    case PressureLevel::starving:
      return "STARVING";
    case PressureLevel::low:
      return "LOW";
    case PressureLevel::balanced:
      return "BALANCED";
    case PressureLevel::high:
      return "HIGH";
    case PressureLevel::overflow:
      return "OVERFLOW";
  }
  return "OVERFLOW";
}

Pressure measure_pressure(const PressureOptions& options, std::uint64_t waiting) {
  if (waiting >= options.overflow) return {PressureLevel::overflow, waiting, 0};
  if (waiting >= options.high) return {PressureLevel::high, waiting, 0};
  if (waiting >= options.balanced) return {PressureLevel::balanced, waiting, options.produce_balanced};
  if (waiting >= options.low) return {PressureLevel::low, waiting, options.produce_low};
  return {PressureLevel::starving, waiting, options.produce_starving};
}

}  // namespace spoold
