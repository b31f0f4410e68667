#pragma once

#include <chrono>

#include "backend/command_options.hpp"
#include "backend/command_run.hpp"
#include "entry/outcome.hpp"

namespace spoold {

// An attempt at its end.
struct CommandReport {
  CommandEnd end;
  const CommandOutput& output;
  const CommandOutput& errors;
  std::chrono::nanoseconds timeout{};  // what it was given
  std::chrono::nanoseconds duration{};
  WallTime finished_at{};
};

// What a program's end comes to, by the table of docs/command.md. Done carries the receipt; anything else the
// exit status or signal and the last lines of standard error.
[[nodiscard]] Outcome judge(const CommandReport& report, const CommandVerdicts& verdicts);

}  // namespace spoold
