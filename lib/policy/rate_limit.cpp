#include "policy/rate_limit.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/duration.hpp"
#include "base/ensure.hpp"

namespace spoold {

namespace {

constexpr std::array<std::pair<std::string_view, std::chrono::nanoseconds>, 4> units{
    {{"s", std::chrono::seconds{1}},
     {"min", std::chrono::minutes{1}},
     {"h", std::chrono::hours{1}},
     {"d", std::chrono::hours{24}}}};

Error refuse(std::string_view text) {
  return Error{ErrorKind::invalid, "'" + std::string(text) + "' is no rate: write a number from 1 to " +
                                       std::to_string(rate_count_max) +
                                       ", a stroke, and s, min, h, d or a duration, such as 2/min or 10/5s"};
}

std::chrono::nanoseconds parse_per(std::string_view text) {
  for (const auto& [name, length] : units) {
    if (name == text) return length;
  }
  const auto duration = parse_duration(text);
  return duration ? *duration : std::chrono::nanoseconds{0};
}

}  // namespace

Result<Rate> parse_rate(std::string_view text) {
  const std::size_t stroke = text.find('/');
  if (stroke == std::string_view::npos) return refuse(text);
  const std::string_view number = text.substr(0, stroke);
  Rate rate;
  const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), rate.count);
  if (problem != std::errc{} || end != number.data() + number.size()) return refuse(text);
  rate.per = parse_per(text.substr(stroke + 1));
  if (rate.count == 0 || rate.count > rate_count_max || rate.per.count() <= 0) return refuse(text);
  return rate;
}

std::string format_rate(const Rate& rate) {
  const std::string number = std::to_string(rate.count) + "/";
  for (const auto& [name, length] : units) {
    if (length == rate.per) return number + std::string(name);
  }
  return number + format_duration(rate.per);
}

RateLimit::RateLimit(Rate rate) : rate_(rate) {
  ensure(rate.count > 0 && rate.count <= rate_count_max && rate.per.count() > 0,
         "a rate has a count and a time");
}

MonotonicTime RateLimit::next_allowed(MonotonicTime now) const {
  if (starts_.size() < rate_.count) return now;
  const MonotonicTime first = starts_[oldest_];
  if (rate_.per > MonotonicTime::max() - first) return MonotonicTime::max();
  return std::max(now, first + rate_.per);
}

void RateLimit::begin(MonotonicTime now) {
  ensure(allows(now), "nothing starts over the rate");
  if (starts_.size() < rate_.count) {
    starts_.push_back(now);
    return;
  }
  starts_[oldest_] = now;
  oldest_ = (oldest_ + 1) % starts_.size();
}

}  // namespace spoold
