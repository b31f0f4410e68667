#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/time.hpp"

namespace spoold {

// How many of something happened between one look and the next, from a count that only grows. Pure.
class RateHistory {
 public:
  // `count`: so far, in all. A count that shrank (another daemon's) begins anew.
  void add(std::uint64_t count, MonotonicTime now);

  // A second, between the last two looks.
  [[nodiscard]] double last() const { return rates_.empty() ? 0 : rates_.back(); }
  [[nodiscard]] double highest() const;

  // The last `columns` rates, the newest at the right, each as a bar of up to eight eighths of a line; of
  // ASCII where the terminal has nothing else.
  [[nodiscard]] std::string graph(std::size_t columns, bool unicode) const;

 private:
  static constexpr std::size_t kept_max = 512;
  struct Look {
    std::uint64_t count = 0;
    MonotonicTime time{};
  };
  std::optional<Look> before_;
  std::deque<double> rates_;
};

// "0/s", "7.2/s", "1,234/s"
[[nodiscard]] std::string format_per_second(double rate);

}  // namespace spoold
