#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace spoold {

// `rate:` of a backend: at most `count` starts in any `per`.
struct Rate {
  std::uint32_t count = 1;                                 // 1 to rate_count_max
  std::chrono::nanoseconds per = std::chrono::seconds{1};  // more than zero

  friend bool operator==(const Rate&, const Rate&) = default;
};

constexpr std::uint32_t rate_count_max = 1'000'000;  // 8 bytes are kept for each

// Reads "2/min": a whole number, a stroke, and a unit (s, min, h, d) or a duration ("10/5s"). Anything else
// is refused with kind invalid and a text that says what is expected.
[[nodiscard]] Result<Rate> parse_rate(std::string_view text);

// The way parse_rate reads it: "2/min", "10/5s".
[[nodiscard]] std::string format_rate(const Rate& rate);

// Keeps starts under a rate. The window slides: whichever stretch of time as long as `per` one looks at (its
// first instant included, its last not), it holds at most `count` starts, so there is no burst of twice the
// count at the border of two minutes. Pure: `now` is handed in and never steps back. One thread.
class RateLimit {
 public:
  explicit RateLimit(Rate rate);  // REQUIRES: a rate in the ranges above

  // May one start now?
  [[nodiscard]] bool allows(MonotonicTime now) const { return next_allowed(now) <= now; }
  // When the next may start, if none starts before: `now` or later.
  [[nodiscard]] MonotonicTime next_allowed(MonotonicTime now) const;
  void begin(MonotonicTime now);  // REQUIRES: allows(now)

 private:
  Rate rate_;
  std::vector<MonotonicTime> starts_;  // the last `count`, a ring once it is full
  std::size_t oldest_ = 0;             // where the ring begins
};

}  // namespace spoold
