#pragma once

#include <array>
#include <cstdint>

#include "base/time.hpp"

namespace spoold {

// How much happened within the last minute, to the second. Pure: the time is passed in. One thread.
class MinuteCount {
 public:
  void add(std::uint64_t count, MonotonicTime now) {
    move_to(now);
    seconds_[place()] += count;
  }
  [[nodiscard]] std::uint64_t sum(MonotonicTime now) const;

 private:
  static constexpr std::int64_t length = 60;
  [[nodiscard]] static std::int64_t second_of(MonotonicTime now) {
    return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  }
  [[nodiscard]] std::size_t place() const { return static_cast<std::size_t>(last_ % length); }
  void move_to(MonotonicTime now);

  std::array<std::uint64_t, length> seconds_{};
  std::int64_t last_ = 0;  // the second that was counted last
};

}  // namespace spoold
