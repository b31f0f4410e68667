#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "backend/backend.hpp"
#include "backend/command_options.hpp"

namespace spoold {

// What one attempt is to run.
struct CommandInvocation {
  std::vector<std::string> arguments;    // after the program's own name; no NUL in any
  std::vector<std::string> environment;  // NAME=value
  std::optional<std::string> input;      // for standard input; nothing: /dev/null
};

// Of the entry's `args` and `stdin`, and of what the options fix. `environment` is make_environment(). An
// entry that asks for what is not allowed is rejected, with the reason.
[[nodiscard]] std::variant<CommandInvocation, Reject> make_invocation(
    const Attempt& attempt, const CommandOptions& options, const std::vector<std::string>& environment);

}  // namespace spoold
