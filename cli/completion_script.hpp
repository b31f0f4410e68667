#pragma once

#include <string>

#include "command_tree.hpp"

namespace spoold {

// Completion for a shell, made from the command line itself, so that it cannot go stale. Verbs, options and
// states stand in the script; ids and lanes it asks 'spoolctl completion ids|lanes' for.
[[nodiscard]] std::string bash_completion(const CommandTree& tree);
[[nodiscard]] std::string zsh_completion(const CommandTree& tree);
[[nodiscard]] std::string fish_completion(const CommandTree& tree);

// What a value may be, by the name that the help gives it.
enum class CompletedBy { nothing, ids, lanes, states, files, directories, shells };
[[nodiscard]] CompletedBy completed_by(const std::string& value);

}  // namespace spoold
