#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "session.hpp"

// The daemon of a queue as a service: a unit of systemd where one is installed for that queue, else a
// detached process with worker.pid and worker.log in the queue.

namespace spoold {

// The unit that runs the queue's daemon: spoold@NAME.service for --instance NAME and for the queue
// /var/spool/spoold/NAME, spoold.service for the default queue. Nothing where systemd does not run or knows
// no such unit.
[[nodiscard]] std::optional<std::string> managing_unit(const Session& session);

// Each returns the exit status, having said what it did.
[[nodiscard]] Result<int> start_unit(const std::string& unit);
[[nodiscard]] Result<int> stop_unit(const std::string& unit);

// Starts the spoold that lies beside this program, else the one in PATH, and waits until it works on the
// queue, or ends: then its last words are shown, and its exit status is returned. Refused where the machine's
// own configuration, of another queue, is the only one there is.
[[nodiscard]] Result<int> start_process(Session& session);
// Asks the process that holds the queue's lock, and never another, to end, and waits for it.
[[nodiscard]] Result<int> stop_process(Session& session, std::chrono::nanoseconds timeout);

// By whichever of the two it is.
[[nodiscard]] Result<int> start_service(Session& session);
[[nodiscard]] Result<int> stop_service(Session& session, std::chrono::nanoseconds timeout);
[[nodiscard]] Result<int> restart_service(Session& session, std::chrono::nanoseconds timeout);

}  // namespace spoold
