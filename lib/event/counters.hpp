#pragma once

#include <cstdint>

#include "event/event.hpp"

namespace spoold {

// Totals over the life of a queue: kept in stats.json from run to run.
struct Counters {
  std::uint64_t completed = 0;  // entries acked
  std::uint64_t failed = 0;     // dead-lettered, those found so by recovery included
  std::uint64_t retried = 0;    // deferred after an attempt
  std::uint64_t released = 0;   // given back, no attempt counted
  std::uint64_t corrupt = 0;
  std::uint64_t recovered = 0;
  std::uint64_t starts = 0;

  void count(const Event& event);
};

}  // namespace spoold
