#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

// What /proc says of processes. All of it may be out of date when it is read.

namespace spoold {

// Children of this process, of all its threads, zombies included. One that comes or goes meanwhile may be
// missing, or its neighbour. Error: the kernel does not tell (no /proc, or no CONFIG_PROC_CHILDREN).
[[nodiscard]] Result<std::vector<pid_t>> child_processes();

// Every process that is visible.
[[nodiscard]] std::vector<pid_t> all_processes();

// The value of a variable in the environment a process was started with. Nothing: not set, gone, a zombie, or
// not ours to read.
[[nodiscard]] std::optional<std::string> environment_of(pid_t pid, std::string_view name);

// When a process began, in clock ticks since the machine did; 0 where it is gone.
[[nodiscard]] std::uint64_t began_at(pid_t pid);

}  // namespace spoold
