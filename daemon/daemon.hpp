#pragma once

#include "config/config.hpp"
#include "daemon/arguments.hpp"
#include "daemon/log.hpp"

namespace spoold {

// Builds every object of the daemon, joins them, and runs the worker to its end. The one place where that is
// done. Returns the exit status (sysexits(3)).
[[nodiscard]] int run_daemon(const Config& config, const Arguments& arguments, Log& log);

}  // namespace spoold
