#include "backend/http_retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <string>

namespace spoold {

namespace {

std::optional<std::chrono::nanoseconds> in_seconds(std::string_view digits,
                                                   std::chrono::nanoseconds longest) {
  std::int64_t seconds = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (problem == std::errc::result_out_of_range) return longest;
  if (problem != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (seconds >= longest / std::chrono::seconds{1}) return longest;
  return std::chrono::seconds{seconds};
}

// The C library's month names, whatever the locale: the program never sets one.
std::optional<WallTime> parse_http_date(const std::string& text) {
  static constexpr std::array<const char*, 3> forms{"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                                                    "%a %b %e %H:%M:%S %Y"};
  for (const char* const form : forms) {
    std::tm parts{};
    const char* const end = ::strptime(text.c_str(), form, &parts);
    if (end == nullptr || *end != '\0') continue;
    const std::time_t seconds = ::timegm(&parts);
    constexpr std::time_t year_2200 = 7'258'118'400;
    return WallTime{std::chrono::seconds{std::clamp<std::time_t>(seconds, 0, year_2200)}};
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_retry_after(std::string_view value, WallTime now,
                                                          std::chrono::nanoseconds longest) {
  const bool all_digits = !value.empty() && value.find_first_not_of("0123456789") == std::string_view::npos;
  if (all_digits) return in_seconds(value, longest);
  const auto date = parse_http_date(std::string{value});
  if (!date || *date <= now) return std::nullopt;
  return std::min<std::chrono::nanoseconds>(*date - now, longest);
}

}  // namespace spoold
