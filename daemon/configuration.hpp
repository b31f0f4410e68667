#pragma once

#include "config/config.hpp"
#include "daemon/arguments.hpp"

namespace spoold {

// Reads the configuration that the command line and the environment name, as the daemon needs it: with at
// least one backend, and the path of its queue absolute. At start and again at every reload.
[[nodiscard]] Result<Config> read_configuration(const Arguments& arguments);

}  // namespace spoold
