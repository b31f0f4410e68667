#include "moments.hpp"

#include <algorithm>
#include <array>

#include "base/duration.hpp"

namespace spoold {

std::string format_age(std::chrono::nanoseconds age) {
  struct Unit {
    std::int64_t seconds;
    char letter;
  };
  constexpr std::array units{Unit{86400, 'd'}, Unit{3600, 'h'}, Unit{60, 'm'}, Unit{1, 's'}};
  const auto seconds =
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(age).count());
  for (std::size_t i = 0; i + 1 < units.size(); ++i) {
    if (seconds < units[i].seconds) continue;
    const auto whole = seconds / units[i].seconds;
    const auto rest = seconds % units[i].seconds / units[i + 1].seconds;
    std::string text = std::to_string(whole) + units[i].letter;
    if (rest > 0 && whole < 30) text += std::to_string(rest) + units[i + 1].letter;
    return text;
  }
  return std::to_string(seconds) + "s";
}

Result<WallTime> parse_moment(std::string_view option, std::string_view text, WallTime now) {
  const auto refuse = [&] {
    return Error{ErrorKind::invalid, std::string(option) + " " + std::string(text) +
                                         ": expected a time like 2026-01-02T04:42:43Z or a wait like +30m"};
  };
  if (!text.starts_with('+')) {
    const auto time = parse_rfc3339(text);
    if (!time) return refuse();
    return *time;
  }
  const auto wait = parse_duration(text.substr(1));
  if (!wait || *wait > WallTime::max() - now) return refuse();
  return now + *wait;
}

}  // namespace spoold
