#pragma once

#include <sys/types.h>

#include <memory>
#include <utility>
#include <variant>

#include "backend/command_invocation.hpp"
#include "backend/command_options.hpp"
#include "backend/command_reaper.hpp"
#include "os/unique_fd.hpp"

// Starting a program.
//
// The child is made as posix_spawn(3) and vfork(2) make it, by clone(2) with CLONE_VM | CLONE_VFORK: nothing
// is copied, and the calling thread stands still until the child executes or is gone. A fork would copy the
// page tables and then each page that either writes to. posix_spawn itself cannot set what the child needs:
// the signal it gets when we die, no new privileges, a umask, limits. (Under ThreadSanitizer the child's
// sigaction() would change what its runtime keeps of ours.)

namespace spoold {

// A program that runs: leader of a session and process group of its own, with our ends of its pipes
// (non-blocking). Killed and reaped on destruction, unless it is somebody else's by then.
class SpawnedCommand {
 public:
  SpawnedCommand() = default;
  SpawnedCommand(SpawnedCommand&& other) noexcept { *this = std::move(other); }
  SpawnedCommand& operator=(SpawnedCommand&& other) noexcept;
  ~SpawnedCommand() { end(); }

  // The program is the caller's to kill and reap from now on, and the reaper knows of it.
  [[nodiscard]] pid_t release() { return std::exchange(pid, -1); }

  pid_t pid = -1;
  std::shared_ptr<CommandStart> start;  // tells the reaper of it until then
  UniqueFd pidfd;
  UniqueFd input;  // none where standard input is /dev/null
  UniqueFd output;
  UniqueFd errors;

 private:
  void end();
};

// Why it was not started: Reject where the entry is at fault (arguments longer than the system takes),
// otherwise Unavailable, and nobody's attempts are burnt.
using SpawnFault = std::variant<Unavailable, Reject>;

// Starts a program in the state that docs/command.md promises it. Blocks until it executes, or cannot: for as
// long as the file systems that it lies on, or works in, stand still. The kernel kills the program when the
// calling thread ends.
[[nodiscard]] std::variant<SpawnedCommand, SpawnFault> spawn_command(const CommandOptions& options,
                                                                     const CommandInvocation& invocation,
                                                                     std::shared_ptr<CommandStart> start);

}  // namespace spoold
