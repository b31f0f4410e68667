#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace spoold {

// Takes a whole number that fits every counter, and says in one line that nothing else will do.
[[nodiscard]] CLI::Validator whole_number();

}  // namespace spoold
