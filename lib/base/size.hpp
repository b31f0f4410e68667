#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace spoold {

// Reads a number of bytes: "0", "4096", "64KiB", "1MiB", "1.5GiB", "2TiB", and the decimal "kB", "MB", "GB",
// "TB". Anything else is refused with kind invalid and a text that says what is expected.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);

// For people: "812 B", "1.5 MiB", "64 MiB"; one decimal below ten, none above.
[[nodiscard]] std::string format_size(std::uint64_t bytes);

}  // namespace spoold
