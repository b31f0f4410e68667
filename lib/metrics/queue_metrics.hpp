#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "entry/json.hpp"
#include "policy/pressure.hpp"
#include "store/queue_layout.hpp"

namespace spoold {

// What the metrics of a queue are made of.
struct QueueSnapshot {
  std::string queue;  // its path: the label of every sample
  std::array<std::uint64_t, all_states.size()> entries{};
  std::optional<WallTime> oldest_pending;
  bool daemon_running = false;
  Pressure pressure;
  std::optional<std::uint64_t> free_bytes;
  std::uint64_t direct_writes = 0;  // by the shell library, past the queue
  Json stats;                       // what the daemon last wrote into stats.json; null: nothing yet
};

// Calls `visit` with the names in a state's directory.
using ListState =
    std::function<Result<void>(State state, const std::function<bool(std::string_view name)>& visit)>;

// Counts the directories, from their names alone. `queue`, `entries`, `oldest_pending` and `pressure` are
// filled.
[[nodiscard]] Result<QueueSnapshot> take_snapshot(const std::string& queue, const ListState& list,
                                                  const PressureOptions& pressure);

// The snapshot as OpenMetrics text (docs/spoolctl.md has its families).
[[nodiscard]] std::string format_metrics(const QueueSnapshot& snapshot);

}  // namespace spoold
