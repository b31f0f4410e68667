#include "base/time.hpp"

#include <array>
#include <cstdio>
#include <optional>

namespace spoold {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Reads exactly `count` digits at `position` and moves past them.
std::optional<int> digits(std::string_view text, std::size_t& position, std::size_t count) {
  if (text.size() - position < count) return std::nullopt;
  int value = 0;
  for (std::size_t end = position + count; position < end; ++position) {
    if (!is_digit(text[position])) return std::nullopt;
    value = value * 10 + (text[position] - '0');
  }
  return value;
}

bool skip(std::string_view text, std::size_t& position, std::string_view one_of) {
  if (position >= text.size() || one_of.find(text[position]) == std::string_view::npos) return false;
  ++position;
  return true;
}

std::int64_t fraction_ns(std::string_view text, std::size_t& position) {
  std::int64_t value = 0;
  std::int64_t scale = 100'000'000;
  for (; position < text.size() && is_digit(text[position]); ++position, scale /= 10) {
    value += scale * (text[position] - '0');
  }
  return value;
}

// "Z" or "+01:00"; nothing for anything else.
std::optional<std::chrono::minutes> offset(std::string_view text, std::size_t& position) {
  if (skip(text, position, "Zz")) return std::chrono::minutes{0};
  const bool west = position < text.size() && text[position] == '-';
  if (!skip(text, position, "+-")) return std::nullopt;
  const auto hours = digits(text, position, 2);
  if (!hours || *hours > 23 || !skip(text, position, ":")) return std::nullopt;
  const auto minutes = digits(text, position, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const std::chrono::minutes total{*hours * 60 + *minutes};
  return west ? -total : total;
}

std::optional<WallTime> read(std::string_view text) {
  std::size_t at = 0;
  const auto year = digits(text, at, 4);
  if (!year || !skip(text, at, "-")) return std::nullopt;
  const auto month = digits(text, at, 2);
  if (!month || !skip(text, at, "-")) return std::nullopt;
  const auto day = digits(text, at, 2);
  if (!day || !skip(text, at, "Tt")) return std::nullopt;
  const auto hour = digits(text, at, 2);
  if (!hour || *hour > 23 || !skip(text, at, ":")) return std::nullopt;
  const auto minute = digits(text, at, 2);
  if (!minute || *minute > 59 || !skip(text, at, ":")) return std::nullopt;
  const auto second = digits(text, at, 2);
  if (!second || *second > 60) return std::nullopt;

  std::int64_t fraction = 0;
  if (skip(text, at, ".")) {
    if (at >= text.size() || !is_digit(text[at])) return std::nullopt;
    fraction = fraction_ns(text, at);
  }
  const auto zone = offset(text, at);
  if (!zone || at != text.size()) return std::nullopt;

  using namespace std::chrono;
  const year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                            std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *year < 1970 || *year > 2261) return std::nullopt;
  const bool leap = *second == 60;
  WallTime time = sys_days{date} + hours{*hour} + minutes{*minute} + seconds{leap ? 59 : *second};
  time += std::chrono::nanoseconds{leap ? 999'999'999 : fraction} - *zone;
  if (time.time_since_epoch().count() < 0) return std::nullopt;
  return time;
}

}  // namespace

Result<WallTime> parse_rfc3339(std::string_view text) {
  if (const auto time = read(text)) return *time;
  return Error{ErrorKind::invalid,
               "'" + std::string(text) + "' is no time: write RFC 3339, such as 2026-01-02T04:42:43Z"};
}

std::string format_rfc3339(WallTime time) {
  using namespace std::chrono;
  const auto days = floor<std::chrono::days>(time);
  const year_month_day date{days};
  const hh_mm_ss clock{floor<milliseconds>(time - days)};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

}  // namespace spoold
