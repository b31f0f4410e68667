#pragma once

#include <chrono>

#include "control/protocol.hpp"

namespace spoold {

// Asks the daemon of a queue, and waits for its answer until `timeout` is over. `queue_fd` is the queue's
// directory, held open: paths of any length will do. Kind not_found: no daemon listens there; busy: it did
// not answer in time; no_permission: it is another user's; else what the daemon refused it for.
[[nodiscard]] Result<Json> ask_daemon(int queue_fd, const ControlRequest& request,
                                      std::chrono::nanoseconds timeout);

}  // namespace spoold
