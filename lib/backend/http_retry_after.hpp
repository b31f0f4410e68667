#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace spoold {

// The wait that a Retry-After header asks for, from `now`: seconds, or a date in one of HTTP's three forms
// (RFC 9110, 5.6.7), at most `longest`. Nothing if it is absent, negative, in the past or neither.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_retry_after(std::string_view value, WallTime now,
                                                                        std::chrono::nanoseconds longest);

}  // namespace spoold
