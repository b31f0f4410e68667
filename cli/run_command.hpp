#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace spoold {

// Runs a program (found in PATH) to its end, its standard output going to our standard error. Returns its
// exit status as shells tell it: 128 and the number of the signal that ended it; 127 where there is no such
// program, 126 where it cannot be run. SIGTERM and SIGHUP are passed on to it; Ctrl-C is its own matter.
[[nodiscard]] Result<int> run_command(const std::vector<std::string>& command);

}  // namespace spoold
