#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace spoold {

enum class Jitter { none, full };

// `retry:` of the configuration.
struct RetryOptions {
  std::uint32_t retries_max = 3;  // attempts after the first; 0: never again
  std::chrono::nanoseconds initial = std::chrono::seconds{2};
  double factor = 2;  // at least 1
  std::chrono::nanoseconds max = std::chrono::minutes{5};
  Jitter jitter = Jitter::full;
  std::chrono::nanoseconds budget{0};  // no retry that would begin this long after creation; 0: no limit
};

// min(max, initial * factor^step), whatever the size of step; zero where `initial` is not positive.
[[nodiscard]] std::chrono::nanoseconds exponential(std::chrono::nanoseconds initial, double factor,
                                                   std::chrono::nanoseconds max, std::uint32_t step);

// How long to wait before the attempt after `attempts` (>= 1) have been begun; nothing when they are used up.
// min(max, initial * factor^(attempts-1)), and with full jitter a uniform part of it, down to zero: M.
// Brooker, "Exponential Backoff And Jitter", 2015. `random` is in [0, 1) and handed in, so that a test
// decides. `age` is how long ago the entry was created.
[[nodiscard]] std::optional<std::chrono::nanoseconds> backoff(const RetryOptions& options,
                                                              std::uint32_t attempts,
                                                              std::chrono::nanoseconds age, double random);

}  // namespace spoold
