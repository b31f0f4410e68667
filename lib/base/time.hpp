#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace spoold {

// Time of day, UTC: what stands on disk and in messages. It may jump, in either direction.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

// Time that only grows, for deadlines and intervals in memory. Not comparable with WallTime, on purpose.
using MonotonicTime = std::chrono::steady_clock::time_point;

// Reads RFC 3339: "2026-01-02T04:42:43Z", with optional fraction (up to nanoseconds; further digits are
// dropped) and offset "+01:00". Lower-case t and z are taken. Years 1970 to 2261. Leap second :60 reads as
// :59.999999999. Anything else is refused with kind invalid.
[[nodiscard]] Result<WallTime> parse_rfc3339(std::string_view text);

// Writes RFC 3339 in UTC with milliseconds: "2026-01-02T04:42:43.000Z".
[[nodiscard]] std::string format_rfc3339(WallTime time);

}  // namespace spoold
