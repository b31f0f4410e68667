#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>
#include <span>
#include <string>

#include "base/result.hpp"
#include "session.hpp"

namespace spoold {

// Does what a verb's options, by then parsed, ask for; returns the exit status. An Error is told in one line
// and ends with exit_status::of its kind.
using Action = std::function<Result<int>(Session&)>;

// A verb of spoolctl: `define` adds its options, with help and examples, to its command.
struct Verb {
  const char* name;
  const char* summary;
  Action (*define)(CLI::App& command);
  bool by_config = false;  // what it does hangs on the configuration: it is of no use, or harm, without
};

// The one table: a new verb is a new file and a line there.
[[nodiscard]] std::span<const Verb> verbs();

// Says one line, "spoolctl: ...", on standard error.
void complain(const std::string& message);

// Says it and gives back `status`, for: return fail(exit_status::usage, "...").
[[nodiscard]] int fail(int status, const std::string& message);

}  // namespace spoold
