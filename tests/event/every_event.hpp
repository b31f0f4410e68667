#pragma once

#include <vector>

#include "event/event.hpp"

namespace spoold::test {

inline const EntryRef an_entry{"00001767328963000050", "update_checkpoint", "main", 2};

// One of each kind, in the order of the variant.
inline std::vector<Event> one_of_each_event() {
  using namespace std::chrono_literals;
  const WallTime due{1767328963s};
  return {event::Started{"/var/spool/q", "inotify", 12, 3},
          event::Recovered{3, 1},
          event::Completed{"main", 1, 12345us, an_entry},
          event::Deferred{an_entry, due, "HTTP status 503"},
          event::DeadLettered{an_entry, "no such table: sessions"},
          event::Cancelled{an_entry, "cancelled by root while it ran"},
          event::Released{"main", 50, "the backend is unavailable"},
          event::Condemned{"x.json", "a symlink"},
          event::LaneUnavailable{"main", "database is locked", 2s},
          event::LaneAvailable{"main", 90s},
          event::StorageTrouble{"write .tmp/x: No space left on device", 2s},
          event::StorageMended{5min},
          event::WatchFallback{"watch /var/spool/q: Too many open files"},
          event::Rescanned{1, "the watch lost events"},
          event::BroughtForward{2, due},
          event::Lingering{"README.txt"},
          event::NotTold{"dead_lettered", 1234},
          event::Stopping{"SIGTERM"},
          event::Stopped{"idle for 5m", 1, 0}};
}

}  // namespace spoold::test
