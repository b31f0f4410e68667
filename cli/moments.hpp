#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

// Times as people type and read them.

namespace spoold {

// A length of time in at most two units and seven columns: "0s", "42s", "4m12s", "2h5m", "3d4h", "61d".
// Negative ones (a clock that was set back) read as "0s".
[[nodiscard]] std::string format_age(std::chrono::nanoseconds age);

// RFC 3339, or "+" and a duration from `now` ("+30m"). The Error names the option and says what would be
// right.
[[nodiscard]] Result<WallTime> parse_moment(std::string_view option, std::string_view text, WallTime now);

}  // namespace spoold
