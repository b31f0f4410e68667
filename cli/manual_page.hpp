#pragma once

#include <string>

#include "command_tree.hpp"

namespace spoold {

// spoolctl(1), made from the command line itself: every verb and option, as their help tells them.
[[nodiscard]] std::string manual_page(const CommandTree& tree);

}  // namespace spoold
