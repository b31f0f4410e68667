#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon_report.hpp"
#include "policy/pressure.hpp"
#include "queue_counts.hpp"
#include "store/pauses.hpp"

namespace spoold {

// Everything that `status` tells, gathered at one moment.
struct QueueStatus {
  std::string queue;
  WallTime now{};
  QueueCounts counts;
  Pressure pressure;
  std::uint64_t direct_writes = 0;
  pid_t daemon = 0;  // 0: none runs
  std::optional<DaemonReport> report;
  std::string report_problem;  // why there is none, though there is a file
  Pauses pauses;
  std::string pauses_problem;  // why they cannot be read

  // Over the life of the queue, as far as is counted: "enqueued", "processed", those of the daemon,
  // "direct".
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> totals() const;
  // Completed or failed; 0 where no daemon runs.
  [[nodiscard]] std::uint64_t processed_last_minute() const;
};

[[nodiscard]] Result<QueueStatus> look_at_queue(Session& session, QueueView& view);

// As documented in docs/spoolctl.md.
[[nodiscard]] Json to_json(const QueueStatus& status);

}  // namespace spoold
