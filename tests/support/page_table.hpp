#pragma once

#include <string>
#include <utility>
#include <vector>

namespace spoold::test {

// The first two cells of each row of the table in a Markdown page whose header row begins with the cell
// `title`. No such table, or no rows: throws.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> rows_of_table(const std::string& page_file,
                                                                             const std::string& title);

}  // namespace spoold::test
