#pragma once

#include <sys/types.h>

#include <string>
#include <variant>

#include "backend/command_invocation.hpp"
#include "backend/command_options.hpp"
#include "os/unique_fd.hpp"

// Starting a program.
//
// Boost.Process v2 forks and executes; everything else that a child needs is done by an initializer of ours
// between the two. What 1.81 lacks or does wrong, and what is done instead:
//  - It keeps descriptors open between those it is told to keep: all above 2 are marked close-on-exec by us.
//  - A child that cannot execute runs the parent's exit handlers, and is not reaped: it leaves with _exit(),
//    and is reaped here.
//  - It lets the child rebuild the event loop it was given, which may throw there: it is given one that
//    nothing else uses, and a child that throws leaves.
//  - Its async_wait() reaps, after which the number of the process group may be somebody else's: waiting is
//    done on a pidfd of our own, and the leader is reaped when nobody is left in its group.
//  - Its launcher by vfork() is not usable, since that rebuilding would happen in our memory.

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
