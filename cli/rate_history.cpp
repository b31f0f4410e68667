#include "rate_history.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "terminal.hpp"

namespace spoold {

namespace {

constexpr std::array unicode_bars{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array ascii_bars{" ", "_", ".", ":", "-", "=", "+", "*", "#"};

}  // namespace

void RateHistory::add(std::uint64_t count, MonotonicTime now) {
  if (before_ && now > before_->time && count >= before_->count) {
    const std::chrono::duration<double> time = now - before_->time;
    rates_.push_back(static_cast<double>(count - before_->count) / time.count());
    if (rates_.size() > kept_max) rates_.pop_front();
  }
  before_ = Look{count, now};
}

double RateHistory::highest() const {
  return rates_.empty() ? 0 : *std::max_element(rates_.begin(), rates_.end());
}

std::string RateHistory::graph(std::size_t columns, bool unicode) const {
  const auto& bars = unicode ? unicode_bars : ascii_bars;
  const std::size_t shown = std::min(columns, rates_.size());
  std::string text(columns - shown, ' ');
  const auto first = rates_.end() - static_cast<std::ptrdiff_t>(shown);
  const double top = shown == 0 ? 0 : *std::max_element(first, rates_.end());
  for (auto rate = first; rate != rates_.end(); ++rate) {
    const double eighths = top <= 0 ? 0 : std::ceil(*rate / top * static_cast<double>(bars.size() - 1));
    text += bars[static_cast<std::size_t>(eighths)];
  }
  return text;
}

std::string format_per_second(double rate) {
  if (rate >= 10) return group_digits(static_cast<std::uint64_t>(std::llround(rate))) + "/s";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), rate <= 0 ? "0/s" : "%.1f/s", rate);
  return text.data();
}

}  // namespace spoold
