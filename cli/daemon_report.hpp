#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "queue_view.hpp"

namespace spoold {

// What the daemon last wrote of itself into stats.json. Members that are missing there, or of another type,
// keep the values here.
struct DaemonReport {
  struct PausedBy {
    std::string by;  // "the configuration", or somebody's name
    std::optional<WallTime> since;
    std::string reason;
  };
  struct Lane {
    std::string name;
    std::string type;   // "sqlite", "http", "command"
    std::string state;  // "available", "unavailable", "probing", "paused"
    std::string reason;
    std::optional<WallTime> since;
    std::optional<WallTime> next_probe_at;
    std::uint64_t running = 0;
    std::uint64_t waiting = 0;
    std::uint64_t concurrency = 0;
    std::optional<PausedBy> paused;
    std::string rate;                       // "2/min"; empty: none
    std::optional<WallTime> next_start_at;  // of the rate, while it holds back
  };
  struct Running {
    std::string id;
    std::string operation;
    std::string lane;
    std::optional<WallTime> since;
  };
  struct Storage {  // claims have stopped
    std::string reason;
    std::optional<WallTime> since;
    std::optional<WallTime> next_look_at;
  };

  std::string state;    // "running", "idle", "stopping", "stopped"
  std::string watcher;  // "inotify", "poll"
  std::optional<WallTime> updated_at;
  std::optional<WallTime> started_at;
  std::vector<std::pair<std::string, std::uint64_t>> totals;  // as named in the file, in its order
  std::uint64_t processed_last_minute = 0;                    // before updated_at
  std::uint64_t failed_last_minute = 0;                       // of these
  std::optional<Storage> storage;
  std::vector<Lane> lanes;
  std::vector<Running> running;  // only of a daemon that was asked
  Json document;                 // the whole of it
};

// From the members of stats.json, or of the answer to a request for the status.
[[nodiscard]] DaemonReport make_daemon_report(Json document);

// Nothing where no daemon has run yet. A file that is no JSON object: kind invalid.
[[nodiscard]] Result<std::optional<DaemonReport>> read_daemon_report(Session& session, const QueueView& view);

// As of now where a daemon runs and answers, else what it last wrote.
[[nodiscard]] Result<std::optional<DaemonReport>> latest_daemon_report(Session& session,
                                                                       const QueueView& view);

// The pid of the daemon that holds the queue now; 0: none does.
[[nodiscard]] Result<pid_t> daemon_pid(const QueueView& view);

}  // namespace spoold
