#pragma once

#include <sys/types.h>

#include <string>
#include <variant>

#include "backend/command_invocation.hpp"
#include "backend/command_options.hpp"
#include "os/unique_fd.hpp"

// Starting a program.
//
// The child is made as posix_spawn(3) and vfork(2) make it, by clone(2) with CLONE_VM | CLONE_VFORK: nothing
// is copied, and the calling thread stands still until it executes. A fork would copy the page tables and
// then each page that either writes to: two thirds of the time that a start took. posix_spawn itself cannot
// set what the child needs: the signal it gets when we die, no new privileges, a umask, limits.

namespace spoold {

// A program that runs: leader of a session and process group of its own, with our ends of its pipes
// (non-blocking). Whoever holds this has to kill and reap it.
struct SpawnedCommand {
  pid_t pid = -1;
  UniqueFd pidfd;
  UniqueFd input;  // none where standard input is /dev/null
  UniqueFd output;
  UniqueFd errors;
};

// Why it was not started: Reject where the entry is at fault (arguments longer than the system takes),
// otherwise Unavailable, and nobody's attempts are burnt.
using SpawnFault = std::variant<Unavailable, Reject>;

// Starts a program in the state that docs/command.md promises it. Blocks until it executes, or cannot. For
// the thread that lives as long as the process: when it ends, the kernel kills the program.
[[nodiscard]] std::variant<SpawnedCommand, SpawnFault> spawn_command(const CommandOptions& options,
                                                                     const CommandInvocation& invocation);

}  // namespace spoold
