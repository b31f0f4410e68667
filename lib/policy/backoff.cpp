#include "policy/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace spoold {

std::chrono::nanoseconds exponential(std::chrono::nanoseconds initial, double factor,
                                     std::chrono::nanoseconds max, std::uint32_t step) {
  if (initial.count() <= 0) return std::chrono::nanoseconds{0};
  const double grown = static_cast<double>(initial.count()) * std::pow(std::max(factor, 1.0), step);
  // Compared before it is converted: beyond 64 bits, and at infinity, there is no integer to convert to.
  if (!(grown < static_cast<double>(max.count()))) return max;
  return std::chrono::nanoseconds{static_cast<std::int64_t>(grown)};
}

std::optional<std::chrono::nanoseconds> backoff(const RetryOptions& options, std::uint32_t attempts,
                                                std::chrono::nanoseconds age, double random) {
  if (attempts > options.retries_max) return std::nullopt;
  const std::uint32_t step = attempts == 0 ? 0 : attempts - 1;
  std::chrono::nanoseconds wait = exponential(options.initial, options.factor, options.max, step);
  if (options.jitter == Jitter::full) {
    wait = std::chrono::nanoseconds{
        static_cast<std::int64_t>(static_cast<double>(wait.count()) * std::clamp(random, 0.0, 1.0))};
  }
  // A clock that stepped back makes an entry look younger than new.
  const auto known_age = std::max(age, std::chrono::nanoseconds{0});
  if (options.budget.count() > 0 && wait >= options.budget - known_age) return std::nullopt;
  return wait;
}

}  // namespace spoold
