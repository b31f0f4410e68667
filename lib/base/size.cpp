#include "base/size.hpp"

#include <array>
#include <cmath>
#include <cstdio>

#include "base/decimal.hpp"

namespace spoold {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};

constexpr std::array<Unit, 10> units{{{"", 1},
                                      {"B", 1},
                                      {"KiB", std::uint64_t{1} << 10U},
                                      {"MiB", std::uint64_t{1} << 20U},
                                      {"GiB", std::uint64_t{1} << 30U},
                                      {"TiB", std::uint64_t{1} << 40U},
                                      {"kB", 1'000},
                                      {"MB", 1'000'000},
                                      {"GB", 1'000'000'000},
                                      {"TB", 1'000'000'000'000}}};

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  std::string_view rest = text;
  if (const auto number = take_decimal(rest)) {
    for (const Unit& unit : units) {
      if (unit.name != rest || (unit.bytes == 1 && number->fraction != 0)) continue;
      if (const auto bytes = scale(*number, unit.bytes)) return *bytes;
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
  // 1023.5 and more would be printed as 1024 of the smaller unit.
  while (value >= 1023.5 && unit + 1 < names.size()) {
    value /= 1024;
    ++unit;
  }
  const double tenths = std::round(value * 10) / 10;
  const int decimals = tenths < 10 && tenths != std::floor(tenths) ? 1 : 0;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return std::string(text.data()) + ' ' + names[unit];
}

}  // namespace spoold
