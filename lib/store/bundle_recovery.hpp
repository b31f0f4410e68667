#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/queue_layout.hpp"

namespace spoold {

// Which lines have left these bundles (names of ours): their numbers, in order, by the bundle's name. Found
// by the ids of the files in all states, in one look through each; empty where no bundle is among the names.
[[nodiscard]] Result<std::map<std::string, std::vector<std::uint32_t>>> find_lines_that_left(
    FileSystem& files, const QueueLayout& layout, const std::vector<std::string>& file_names);

}  // namespace spoold
