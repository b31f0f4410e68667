#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace spoold {

// What the end of a program means for its entry.
enum class CommandVerdict { done, retry, reject, unavailable };

// Which arguments an entry may bring.
enum class EntryArguments {
  any,
  operands,  // none that begins with '-', so that a producer gives the program no options
  none
};

// What each exit status means. `codes` has the exceptions (0 to 255), `other` is for the rest.
struct CommandVerdicts {
  using enum CommandVerdict;
  // As in sysexits.h and qmail: 64 usage, 65 bad data, 78 bad configuration, 100 permanent; 126 and 127 are a
  // shell's "not executable" and "not found"; 75 and 111 "try later".
  std::map<int, CommandVerdict> codes = {{0, done},    {64, reject},  {65, reject},
                                         {75, retry},  {78, reject},  {100, reject},
                                         {111, retry}, {126, reject}, {127, reject}};
  CommandVerdict other = retry;
  CommandVerdict signal = retry;  // where a signal ended it that is not ours

  friend bool operator==(const CommandVerdicts&, const CommandVerdicts&) = default;
};

// A backend `type: command` of the configuration.
struct CommandOptions {
  std::string program;                 // absolute path; looked at again for each attempt, never searched for
  std::vector<std::string> arguments;  // come first, before those of the entry; no NUL in any
  EntryArguments allow_arguments = EntryArguments::any;
  std::size_t concurrency = 1;                                  // programs at the same time, 1 to 1000
  std::chrono::nanoseconds timeout = std::chrono::seconds{60};  // of one attempt, above 0
  std::chrono::nanoseconds kill_grace =
      std::chrono::seconds{5};                     // from SIGTERM to SIGKILL; 0: SIGKILL at once
  std::map<std::string, std::string> environment;  // set for the program; names as check_environment_name()
  std::vector<std::string> pass_environment;       // taken from the daemon's own, where set there
  std::string working_directory = "/";             // absolute path
  mode_t umask = 0077;                             // 0 to 0777
  std::uint64_t output_bytes_max = 65'536;         // kept of standard output, and as much of standard error
  std::uint64_t argument_bytes_max = 131'072;      // of all arguments of the entry, each with its NUL
  CommandVerdicts verdicts;

  // Absolute path of the queue, not from the file but filled in by the daemon. Programs that an earlier
  // daemon of this queue left running are told by it.
  std::string queue = {};

  friend bool operator==(const CommandOptions&, const CommandOptions&) = default;
};

}  // namespace spoold
