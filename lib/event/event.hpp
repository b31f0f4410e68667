#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/time.hpp"

// One type for each thing that happens to an entry or the worker. The worker publishes them; logs, counters
// and the journal subscribe.

namespace spoold {

// The entry an event is about.
struct EntryRef {
  std::string id;  // 20 digits
  std::string operation;
  std::string lane;
  std::uint32_t attempt = 0;  // counted from 1; 0: it was not run
};

namespace event {

struct Started {  // locked, recovered, watching
  std::string queue;
  std::string watcher;
  std::uint64_t pending = 0;
  std::uint64_t deferred = 0;
};
struct Recovered {  // brought back from processing/ at start
  std::uint64_t returned = 0;
  std::uint64_t failed = 0;
};
struct Completed {  // one batch of acks
  std::string lane;
  std::uint64_t count = 0;
  std::chrono::nanoseconds duration{};  // from claim to ack of the batch
  EntryRef first;                       // the only one, where count is 1
};
struct Deferred {  // after an attempt that failed, or (attempt 0) because it is not to run yet
  EntryRef entry;
  WallTime due{};
  std::string reason;
};
struct DeadLettered {
  EntryRef entry;
  std::string reason;
};
struct Cancelled {  // while it ran; what waits is cancelled without the worker
  EntryRef entry;
  std::string reason;
};
struct Released {  // one batch given back, no attempt counted
  std::string lane;
  std::uint64_t count = 0;
  std::string reason;
};
struct Condemned {        // moved to corrupt/
  std::string file_name;  // printable
  std::string reason;
};
struct LaneUnavailable {
  std::string lane;
  std::string reason;
  std::chrono::nanoseconds pause{};
};
struct LaneAvailable {
  std::string lane;
  std::chrono::nanoseconds outage{};
};
struct StorageTrouble {  // claims stop until it is mended
  std::string reason;
  std::chrono::nanoseconds pause{};
};
struct StorageMended {
  std::chrono::nanoseconds outage{};
};
struct WatchFallback {  // inotify is not to be had
  std::string reason;
};
struct Rescanned {  // only where it found what the watch had not told
  std::uint64_t found = 0;
  std::string why;
};
struct BroughtForward {  // waited for a retry, due later than any wait is long: the clock stepped back
  std::uint64_t count = 0;
  WallTime due{};
};
struct Lingering {        // idle, and does not end: this lies in pending/ and would have it started again
  std::string file_name;  // printable
};
struct NotTold {     // lines of one kind that were left out, being too many
  std::string kind;  // "dead_lettered"
  std::uint64_t count = 0;
};
struct Stopping {
  std::string reason;
};
struct Stopped {
  std::string reason;  // the counts are of this run
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
};

}  // namespace event

using Event =
    std::variant<event::Started, event::Recovered, event::Completed, event::Deferred, event::DeadLettered,
                 event::Cancelled, event::Released, event::Condemned, event::LaneUnavailable,
                 event::LaneAvailable, event::StorageTrouble, event::StorageMended, event::WatchFallback,
                 event::Rescanned, event::BroughtForward, event::Lingering, event::NotTold, event::Stopping,
                 event::Stopped>;

enum class Severity { debug, info, notice, warning, error };

// "completed", "dead_lettered": the kind, in logs and metrics.
[[nodiscard]] std::string_view kind(const Event& event);
[[nodiscard]] Severity severity(const Event& event);
// One line for a person, without time and severity: what, which entry, why, and what follows. Whatever bytes
// came from outside are escaped, and cut where they are very long.
[[nodiscard]] std::string describe(const Event& event);

// Key and value, for JSON logs and the journal: ENTRY_ID, OPERATION, LANE, ATTEMPT, OUTCOME, DURATION_USEC,
// and COUNT, REASON, DUE (RFC 3339), FILE_NAME, where they apply. OUTCOME is done, retry, failed (it lies in
// failed/), corrupt or, of a lane, unavailable.
using EventFields = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] EventFields fields(const Event& event);

}  // namespace spoold
