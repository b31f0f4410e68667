#pragma once

#include "os/clock.hpp"

namespace spoold::test {

// The time of this program. It has clock_gettime() and timerfd_create() of its own: CLOCK_MONOTONIC, and with
// it std::chrono::steady_clock and Asio's timers, stands still until advance(), and Asio, which gets no timer
// descriptor, looks at its timers each time it is polled. One at a time; nothing in the program may wait.
class VirtualTime final : public Clock {
 public:
  VirtualTime();
  VirtualTime(const VirtualTime&) = delete;
  VirtualTime& operator=(const VirtualTime&) = delete;
  ~VirtualTime() override;

  [[nodiscard]] WallTime wall_now() const override { return wall_; }
  [[nodiscard]] MonotonicTime monotonic_now() const override;
  void advance(std::chrono::nanoseconds by);
  void step_wall(std::chrono::nanoseconds by) { wall_ += by; }

  // What a person's watch shows.
  [[nodiscard]] static std::chrono::nanoseconds real_now();

 private:
  WallTime wall_{std::chrono::nanoseconds{1'800'000'000'000'000'000}};
};

}  // namespace spoold::test
