#pragma once

#include <string>

#include "event/counters.hpp"
#include "worker/dispatcher.hpp"

namespace spoold {

// What the daemon does, in one line, as `systemctl status` shows it: "idle: 0 waiting, 0 running, 3 deferred;
// 12 completed and 1 failed in this run; lane chat is unavailable: connection refused".
[[nodiscard]] std::string status_line(const std::string& state, const Dispatcher& dispatcher,
                                      std::size_t deferred, const Counters& this_run);

}  // namespace spoold
