#pragma once

#include <string>
#include <vector>

#include "os/file_system.hpp"

namespace spoold {

// The last lines of worker.log, as they are. Kind not_found: there is none.
[[nodiscard]] Result<std::vector<std::string>> last_lines(Directory queue, std::size_t count);

// Prints the last lines, and then what is added, until this process is ended; over rotations.
[[nodiscard]] Result<void> follow_log(Directory queue, std::size_t count);

}  // namespace spoold
