#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spoold {

// The candidate somebody who wrote `word` most likely meant: the one with the fewest letters wrong, missing,
// too many or swapped (two at most, one in less than six letters); else the only one that contains it.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 const std::vector<std::string>& candidates);

// A value for a message: in single quotes, and cut where it is long.
[[nodiscard]] std::string in_quotes(std::string_view text);

// "a", "a or b", "a, b or c"
[[nodiscard]] std::string any_of(const std::vector<std::string>& words);

}  // namespace spoold
