#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>

#include "event/event_bus.hpp"
#include "systemd/notifier.hpp"
#include "worker/worker.hpp"

namespace spoold {

// Tells the service manager what the events of the daemon's life mean to it. `notifier` and `worker` must
// outlive the loop.
void tell_service_manager(Notifier& notifier, EventBus& events, Worker& worker);

// Feeds the watchdog twice in each `interval`, each time after the store's thread has answered: while that
// hangs, or the loop does, nothing is said, and the manager ends the process. Runs until the loop stops.
[[nodiscard]] boost::asio::awaitable<void> feed_watchdog(Notifier& notifier,
                                                         std::chrono::nanoseconds interval,
                                                         boost::asio::any_io_executor store_thread);

// What a long start calls with each step: it gets more time, asked for once a second at most.
[[nodiscard]] std::function<void()> start_extension(Notifier& notifier);

}  // namespace spoold
