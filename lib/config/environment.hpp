#pragma once

#include <string>
#include <vector>

#include "config/config_file.hpp"
#include "config/option.hpp"
#include "config/reading.hpp"

namespace spoold {

// Lays the environment over one section: SPOOLD_<SECTION>_<KEY> for each option. A variable that is empty
// counts as not set.
void lay_environment_over(const Environment& environment, const std::string& section,
                          const std::vector<Option>& options, Reading& reading);

// One option from one variable. `path` is what the option goes by.
void take_from_environment(const Environment& environment, const std::string& variable,
                           const std::string& path, const Option& option, Reading& reading);

}  // namespace spoold
