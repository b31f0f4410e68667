#pragma once

#include "base/time.hpp"

namespace spoold {

// The seam to time. Only the worker, the daemon and the producer read a clock; everything else is handed
// `now`.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime wall_now() const = 0;
  [[nodiscard]] virtual MonotonicTime monotonic_now() const = 0;
};

// CLOCK_REALTIME and CLOCK_MONOTONIC. Safe from any thread.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall_now() const override;
  [[nodiscard]] MonotonicTime monotonic_now() const override;
};

}  // namespace spoold
