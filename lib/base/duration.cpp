#include "base/duration.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/decimal.hpp"

namespace spoold {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

constexpr std::int64_t second = 1'000'000'000;
constexpr std::array<Unit, 9> units{{{"w", 7 * 24 * 3600 * second},
                                     {"d", 24 * 3600 * second},
                                     {"h", 3600 * second},
                                     {"min", 60 * second},
                                     {"m", 60 * second},
                                     {"s", second},
                                     {"ms", 1'000'000},
                                     {"us", 1'000},
                                     {"ns", 1}}};

const Unit* find_unit(std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

Error refuse(std::string_view text) {
  return Error{
      ErrorKind::invalid,
      "'" + std::string(text) +
          "' is no duration: write a number and a unit (ns, us, ms, s, m, h, d, w), such as 300s or 1h30m"};
}

}  // namespace

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::nanoseconds{0};
  if (text.empty()) return refuse(text);
  std::int64_t total = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto number = take_decimal(rest);
    const std::size_t length = std::min(rest.find_first_of("0123456789."), rest.size());
    const Unit* unit = find_unit(rest.substr(0, length));
    if (!number || unit == nullptr) return refuse(text);
    rest.remove_prefix(length);
    const auto nanoseconds = scale(*number, static_cast<std::uint64_t>(unit->nanoseconds));
    if (!nanoseconds || __builtin_add_overflow(total, *nanoseconds, &total)) return refuse(text);
  }
  return std::chrono::nanoseconds{total};
}

std::string format_duration(std::chrono::nanoseconds duration) {
  if (duration.count() <= 0) return "0s";
  std::string text;
  std::int64_t rest = duration.count();
  for (const Unit& unit : units) {
    if (unit.name == "w" || unit.name == "min" || rest < unit.nanoseconds) continue;
    text += std::to_string(rest / unit.nanoseconds);
    text += unit.name;
    rest %= unit.nanoseconds;
  }
  return text;
}

}  // namespace spoold
