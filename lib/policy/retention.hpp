#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace spoold {

// How much of what is over is kept. 0: no limit of that kind.
struct KeepOptions {
  std::chrono::nanoseconds age{0};  // since it was settled
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;  // of the files, as long as they are

  friend bool operator==(const KeepOptions&, const KeepOptions&) = default;
};

enum class AfterKeeping { archive, remove };

// `retention:` of the configuration.
struct RetentionOptions {
  KeepOptions completed{std::chrono::hours{24}, 100'000, 1ULL << 30U};
  AfterKeeping then = AfterKeeping::archive;  // what happens to completed entries
  KeepOptions failed{std::chrono::days{7}};
  KeepOptions cancelled{std::chrono::days{7}};
  KeepOptions corrupt{std::chrono::days{30}};
  KeepOptions archive{std::chrono::days{30}};  // its files: one a day, aged by the day in their name

  friend bool operator==(const RetentionOptions&, const RetentionOptions&) = default;
};

// What there is of a kind, while it is decided what goes: the oldest first.
struct Kept {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

// Must the oldest of `kept`, settled at `settled_at`, go? Without a `now` nothing goes for its age.
[[nodiscard]] bool goes(const KeepOptions& options, const Kept& kept, WallTime settled_at,
                        std::optional<WallTime> now);

// Whether the clock may be trusted with removing things for good. Age is reckoned from a clock that may have
// jumped ahead (a dead battery, a wrong year), and what is removed does not come back when it is set right.
// So one reading is never enough: each cleanup writes down what the clock said, and only what two of them,
// `clock_proof` apart and without a gap of more than `clock_gap_max` since the one before, agree on is
// believed. A machine that was off for long pays with one cleanup that removes nothing by age.
struct ClockRecord {
  WallTime read_at{};       // the last reading
  WallTime steady_since{};  // the first of those that follow one another without a gap
};
constexpr std::chrono::hours clock_gap_max{36};  // a daily timer's gap, and then some
constexpr std::chrono::minutes clock_proof{10};

// The record after a reading; `before` is what the last cleanup left, if any did.
[[nodiscard]] ClockRecord read_clock(const std::optional<ClockRecord>& before, WallTime now);
[[nodiscard]] bool is_trusted(const ClockRecord& record);

}  // namespace spoold
