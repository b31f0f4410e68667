#pragma once

#include <optional>
#include <string>

#include "entry/json.hpp"
#include "event/counters.hpp"
#include "os/file_system.hpp"
#include "store/queue_layout.hpp"
#include "worker/dispatcher.hpp"

namespace spoold {

// What the worker tells about itself, as it stands in stats.json (fields in docs/queue.md).
struct StatsReport {
  std::string state;  // running, idle, stopping, stopped
  std::string watcher;
  WallTime started_at{};
  WallTime updated_at{};
  std::uint64_t deferred = 0;
  Counters totals;
  std::uint64_t processed_last_minute = 0;  // completed and failed
  std::uint64_t failed_last_minute = 0;
};

// What stats.json holds.
[[nodiscard]] Json make_stats(const StatsReport& report, const Dispatcher& dispatcher, MonotonicTime now);
[[nodiscard]] std::string format_stats(const Json& stats);  // the text of it

// One of its lanes.
[[nodiscard]] Json make_lane_stats(const Lane& lane, const Dispatcher& dispatcher, MonotonicTime now,
                                   WallTime wall_now);

// The totals of earlier runs; zeros where there is no file, or none that can be read.
[[nodiscard]] Counters read_totals(FileSystem& files, const QueueLayout& layout);

// Replaces stats.json in one step. Not synced: after a power cut the totals may be some seconds old.
[[nodiscard]] Result<void> write_stats(FileSystem& files, const QueueLayout& layout, const std::string& text);

}  // namespace spoold
