#pragma once

#include <optional>
#include <string>

#include "daemon_report.hpp"
#include "entry_report.hpp"

namespace spoold {

// Where an entry stands in the queue, from the daemon or from the files.
struct Standing {
  bool from_daemon = false;  // else counted over all of pending/, whatever the lane
  bool running = false;
  std::string lane;  // empty: not known
  std::optional<WallTime> since;
  std::uint64_t ahead_of_better_priority = 0;
  std::uint64_t ahead_of_its_priority = 0;
  std::string route_rate;  // of its route, where that has one of its own
  std::optional<WallTime> route_next_start;
  bool has_route = true;
};

// What there is to know when somebody asks why an entry is where it is.
struct Circumstances {
  EntryReport entry;
  Standing standing;
  bool daemon_runs = false;
  std::optional<DaemonReport> daemon;            // as of now, or its last
  std::optional<DaemonReport::PausedBy> paused;  // the entry's lane
};

// Why, as a word for programs and a sentence for people.
struct Explanation {
  const char* because = "";  // one of the words in docs/spoolctl.md
  std::string sentence;
  std::optional<WallTime> until;  // where it is known when it goes on
};

// Pure.
[[nodiscard]] Explanation explain(const Circumstances& circumstances, WallTime now);

}  // namespace spoold
