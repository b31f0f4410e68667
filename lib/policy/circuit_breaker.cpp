#include "policy/circuit_breaker.hpp"

#include <algorithm>
#include <limits>

#include "base/ensure.hpp"
#include "policy/backoff.hpp"

namespace spoold {

namespace {

MonotonicTime after(MonotonicTime now, std::chrono::nanoseconds wait) {
  return wait > MonotonicTime::max() - now ? MonotonicTime::max() : now + wait;
}

}  // namespace

CircuitBreaker::Position CircuitBreaker::position(MonotonicTime now) const {
  if (failures_ == 0) return Position::closed;
  return now < open_until_ ? Position::open : Position::half_open;
}

bool CircuitBreaker::allows(MonotonicTime now) const {
  switch (position(now)) {
    case Position::closed:
      return true;
    case Position::open:
      return false;
    case Position::half_open:
      return !probing_;
  }
  return false;
}

void CircuitBreaker::begin_probe() {
  ensure(failures_ > 0 && !probing_, "one probe at a time, and only after a failure");
  probing_ = true;
}

void CircuitBreaker::abandon_probe() {
  probing_ = false;
}

void CircuitBreaker::succeeded() {
  failures_ = 0;
  probing_ = false;
}

void CircuitBreaker::failed(MonotonicTime now, std::optional<std::chrono::nanoseconds> wait) {
  const auto asked_for = std::max(wait.value_or(std::chrono::nanoseconds{0}), std::chrono::nanoseconds{0});
  if (position(now) == Position::open) {
    open_until_ = std::max(open_until_, after(now, asked_for));
    return;
  }
  const auto own = exponential(options_.initial, options_.factor, options_.max, failures_);
  if (failures_ < std::numeric_limits<std::uint32_t>::max()) ++failures_;
  probing_ = false;
  open_until_ = after(now, std::max(own, asked_for));
}

}  // namespace spoold
