#include "os/clock.hpp"

namespace spoold {

WallTime SystemClock::wall_now() const {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

MonotonicTime SystemClock::monotonic_now() const {
  return std::chrono::steady_clock::now();
}

}  // namespace spoold
