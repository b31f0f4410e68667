#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "queue_view.hpp"

namespace spoold {

// What the names in a queue tell, without opening a file. A bundle counts by its lines, a foreign one as
// one entry.
struct QueueCounts {
  std::array<std::uint64_t, all_states.size()> entries{};  // by state; see of()
  std::optional<WallTime> oldest_pending;                  // when the longest waiting one was put in
  std::optional<WallTime> next_due;                        // of deferred/
  std::uint64_t deferred_for_retry = 0;                    // of those in deferred/: attempted before
  std::uint64_t enqueued_last_minute = 0;                  // that are still in any state
  std::uint64_t enqueued_last_hour = 0;

  [[nodiscard]] std::uint64_t of(State state) const { return entries[static_cast<std::size_t>(state)]; }
};

[[nodiscard]] Result<QueueCounts> count_queue(QueueView& view, WallTime now);

// How many entries lie in a state.
[[nodiscard]] Result<std::uint64_t> count_state(QueueView& view, State state);

}  // namespace spoold
