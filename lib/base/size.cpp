#include "base/size.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

namespace spoold {

namespace {

struct Unit {
  std::string_view name;
  double bytes;
};

constexpr std::array<Unit, 10> units{{{"", 1},
                                      {"B", 1},
                                      {"KiB", 1024.0},
                                      {"MiB", 1024.0 * 1024},
                                      {"GiB", 1024.0 * 1024 * 1024},
                                      {"TiB", 1024.0 * 1024 * 1024 * 1024},
                                      {"kB", 1e3},
                                      {"MB", 1e6},
                                      {"GB", 1e9},
                                      {"TB", 1e12}}};

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  double number = 0;
  const auto [end, problem] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (problem == std::errc{} && std::isfinite(number) && !std::signbit(number)) {
    const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const Unit& unit : units) {
      const double bytes = std::round(number * unit.bytes);
      if (unit.name == name && bytes < static_cast<double>(std::numeric_limits<std::uint64_t>::max())) {
        return static_cast<std::uint64_t>(bytes);
      }
    }
  }
  return Error{ErrorKind::invalid,
               "'" + std::string(text) +
                   "' is no size: write bytes, or a number with KiB, MiB, GiB, TiB, kB, MB, GB or TB"};
}

std::string format_size(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  static constexpr std::array<const char*, 6> names{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < names.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", value < 10 && value != std::floor(value) ? 1 : 0, value);
  return std::string(text.data()) + ' ' + names[unit];
}

}  // namespace spoold
