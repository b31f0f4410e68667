#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace spoold {

// Reads a duration as people write it: one or more of NUMBER UNIT, for instance "300s", "1h30m", "100ms",
// "7d", "2.5s"; units ns, us, ms, s, m (or min), h, d, w. "0" alone is zero. Negative values, a missing unit
// and what does not fit 64 bits of nanoseconds are refused with kind invalid and a text that says what is
// expected.
[[nodiscard]] Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

// The shortest exact writing in these units, largest first: 90 s is "1m30s", zero is "0s".
[[nodiscard]] std::string format_duration(std::chrono::nanoseconds duration);

}  // namespace spoold
