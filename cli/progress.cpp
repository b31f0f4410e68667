#include "progress.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>

#include "moments.hpp"

namespace spoold {

namespace {

constexpr std::chrono::seconds rate_window{5};
constexpr std::chrono::seconds line_interval{10};
constexpr std::chrono::seconds redraw_interval{1};
constexpr std::size_t bar_columns_max = 30;
constexpr std::size_t bar_columns_min = 10;

std::string format_rate(double rate) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), rate < 10 ? "%.1f/s" : "%.0f/s", rate);
  return text.data();
}

}  // namespace

void Progress::update(std::uint64_t settled, std::uint64_t left, MonotonicTime now) {
  settled_ = settled;
  left_ = left;
  points_.push_back({now, settled});
  while (points_.size() > 2 && points_[1].time <= now - rate_window) points_.pop_front();
}

double Progress::rate() const {
  if (points_.size() < 2) return 0;
  const std::chrono::duration<double> time = points_.back().time - points_.front().time;
  if (time.count() <= 0 || points_.back().settled < points_.front().settled) return 0;
  return static_cast<double>(points_.back().settled - points_.front().settled) / time.count();
}

unsigned Progress::percent() const {
  const auto whole = settled_ + left_;
  return whole == 0 ? 100 : static_cast<unsigned>(settled_ * 100 / whole);
}

std::string Progress::numbers() const {
  std::string text = group_digits(settled_) + " of " + group_digits(settled_ + left_);
  const double per_second = rate();
  if (per_second <= 0) return text;
  text += "  " + format_rate(per_second);
  if (left_ == 0) return text;
  const auto seconds = static_cast<double>(left_) / per_second;
  constexpr double shown_max = 100.0 * 24 * 3600;
  if (seconds > shown_max) return text;
  return text + "  " + format_age(std::chrono::seconds(static_cast<std::int64_t>(seconds) + 1)) + " left";
}

std::string Progress::bar(std::size_t columns) const {
  const std::string text = pad_left(std::to_string(percent()), 3) + "%  " + numbers();
  if (columns < width(text) + bar_columns_min + 4) return cut(text, columns);
  const auto length = std::min(bar_columns_max, columns - width(text) - 4);
  const auto filled = length * percent() / 100;
  return "[" + std::string(filled, '#') + std::string(length - filled, '.') + "]  " + text;
}

std::string Progress::sentence() const {
  return numbers() + ", " + group_digits(left_) + " to go";
}

std::chrono::nanoseconds ProgressDisplay::interval() const {
  return terminal_.is_terminal() && !quiet_ ? redraw_interval : line_interval;
}

void ProgressDisplay::show(const Progress& progress, MonotonicTime now) {
  if (quiet_) return;
  if (terminal_.is_terminal()) {
    // One column stays free: a full last one makes some terminals wrap. The rest of the old line is erased.
    std::cerr << "\r" << progress.bar(terminal_.columns() - 1) << "\x1b[K" << std::flush;
    drawn_ = true;
  } else if (now >= next_line_) {
    std::cerr << progress.sentence() << std::endl;
    next_line_ = now + line_interval;
  }
}

void ProgressDisplay::finish() {
  if (drawn_) std::cerr << std::endl;
  drawn_ = false;
}

}  // namespace spoold
