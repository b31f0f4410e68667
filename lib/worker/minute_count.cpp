#include "worker/minute_count.hpp"

#include <algorithm>

namespace spoold {

void MinuteCount::move_to(MonotonicTime now) {
  const std::int64_t second = second_of(now);
  if (second <= last_) return;
  for (std::int64_t skipped = std::min(second - last_, length); skipped > 0; --skipped) {
    seconds_[static_cast<std::size_t>((second - skipped + 1) % length)] = 0;
  }
  last_ = second;
}

std::uint64_t MinuteCount::sum(MonotonicTime now) const {
  const std::int64_t age = std::max<std::int64_t>(second_of(now) - last_, 0);
  std::uint64_t total = 0;
  for (std::int64_t back = 0; back + age < length; ++back) {
    if (last_ - back < 0) break;
    total += seconds_[static_cast<std::size_t>((last_ - back) % length)];
  }
  return total;
}

}  // namespace spoold
