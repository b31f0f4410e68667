#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <functional>

namespace spoold {

// What the signals ask for.
struct SignalActions {
  std::function<void(const char* name)> stop;  // SIGTERM, SIGINT
  std::function<void()> reload;                // SIGHUP
};

// Waits for signals, again and again, until `signals` is cancelled. `signals` holds SIGTERM, SIGINT and
// SIGHUP, and must outlive this.
[[nodiscard]] boost::asio::awaitable<void> obey_signals(boost::asio::signal_set& signals,
                                                        SignalActions actions);

// From now on the process has this long to end by itself; then it says so and ends at once. For what cannot
// be cancelled: a disk or a database that hangs. What was running is recovered at the next
// start.
void limit_time_to_end(std::chrono::nanoseconds time);

}  // namespace spoold
