#pragma once

#include <cstdint>
#include <string>

#include "os/file_system.hpp"

namespace spoold {

// How often scripts/queue-lib.sh wrote straight to the database because the queue could not be used: it keeps
// a number in a file in the queue, or, where there is no queue, beside the database. 0 where there is none
// that can be read.
[[nodiscard]] std::uint64_t read_direct_writes(FileSystem& files, Directory queue);
[[nodiscard]] std::uint64_t read_direct_writes(const std::string& database);

}  // namespace spoold
