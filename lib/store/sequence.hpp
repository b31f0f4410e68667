#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "os/clock.hpp"
#include "os/file_system.hpp"

namespace spoold {

// The queue's shared sequence: a hybrid clock, max(nanoseconds since 1970, last + 1), kept as one 8-byte
// host-endian counter in `.seq`, which every producer maps and advances by compare-and-swap: strictly
// increasing over all producers, without a lock, also when the clock steps back. (Kulkarni et al., "Logical
// Physical Clocks", 2014, with the counter folded into the nanoseconds.) Safe from any thread and process.
class Sequence {
 public:
  // Maps `.seq`; makes it (whole, with its block allocated, so that a full disk cannot fault the mapping) if
  // missing.
  [[nodiscard]] static Result<Sequence> open(Directory queue, const Clock& clock, mode_t mode_if_made);

  Sequence(Sequence&& other) noexcept;
  Sequence& operator=(Sequence&&) = delete;
  ~Sequence();

  [[nodiscard]] std::uint64_t next() { return next(1); }
  // The first of `count` (1 or more) numbers in a row, all of them the caller's.
  [[nodiscard]] std::uint64_t next(std::uint64_t count);

  // Makes sure that next() will exceed `seen`: called with the names found at start, in case `.seq` was lost.
  // A name at the very end of the range (only a person writes such) is not believed.
  void raise_to(std::uint64_t seen);

 private:
  Sequence(std::atomic<std::uint64_t>* shared, const Clock& clock) : shared_(shared), clock_(&clock) {}
  std::atomic<std::uint64_t>* shared_;
  const Clock* clock_;
};

}  // namespace spoold
