#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "policy/backoff.hpp"
#include "policy/circuit_breaker.hpp"
#include "policy/rate_limit.hpp"

namespace spoold {

enum class WatchMode {
  automatic,
  inotify,
  poll
};  // automatic: inotify, or polling where that is not to be had

// `worker:` of the configuration.
struct WorkerOptions {
  std::chrono::nanoseconds idle_exit = std::chrono::seconds{300};  // 0: never
  WatchMode watch = WatchMode::automatic;
  std::chrono::nanoseconds poll_interval = std::chrono::milliseconds{100};  // 1 ms or more
  std::chrono::nanoseconds rescan_interval = std::chrono::seconds{60};      // 1 s to 1 h
  std::chrono::nanoseconds shutdown_grace = std::chrono::seconds{30};
  std::uint32_t crashes_max = 3;  // 1 or more
  // One priority level better for each such wait; 0: strictly by priority, a low one may wait for ever.
  std::chrono::nanoseconds ageing{0};
  // Something starts the daemon again when anything lies in pending/, and moves there what falls due (the
  // systemd units). Then idle_exit leaves deferred entries behind that are due later than in another
  // idle_exit, and waits while something lies in pending/ that cannot run, or the start would follow at once.
  bool on_demand = false;
};

// What limits the use of a backend, of whatever type: members of one of `backends:`.
struct LaneOptions {
  std::optional<Rate> rate;  // attempts begun; nothing: as many as the concurrency lets through
  bool paused = false;       // its entries wait until this is taken back and the configuration reloaded
};

// One of `routes:`. The first whose glob matches the operation decides. In a glob `*` stands for any run of
// characters,
// `?` for one; everything else for itself.
struct RouteOptions {
  std::string operation = "*";
  std::string backend;
  RetryOptions retry;        // the file's `retry:`, with the route's own members over it
  std::optional<Rate> rate;  // attempts begun of its entries, besides what the lane's rate lets through
  std::optional<std::chrono::nanoseconds> timeout;  // over the backend's
  std::optional<std::string> template_file;         // likewise, of an HTTP body
};

// When the worker ends by itself.
enum class RunMode {
  serve,  // when idle for idle_exit
  once,   // when what was pending at the start, and came meanwhile, is settled
  drain   // also when nothing is deferred any more
};

}  // namespace spoold
