#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/command_options.hpp"

namespace spoold {

// Why a variable of this name may not be given to a program ("is no name ...", "makes programs load ..."), or
// nothing where it may. Refused are those by which the loader or a shell runs other code than the program,
// and SPOOLD_*, which are ours.
[[nodiscard]] std::optional<std::string> check_environment_name(std::string_view name);

// What every program of a backend sees, as NAME=value: PATH, then what the options pass on and set. Nothing
// else of the daemon's environment.
[[nodiscard]] std::vector<std::string> make_environment(const CommandOptions& options);

}  // namespace spoold
