#pragma once

#include <string_view>

namespace spoold {

// True if the whole of `text` fits `pattern`: `*` stands for any run of characters, the empty one too, `?`
// for one character (of UTF-8), everything else for itself. No recursion and no memory; each byte of the text
// is looked at once for each byte between two stars at most, however many stars there are.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

// True if `wide` surely matches all that `narrow` matches, both being patterns.
[[nodiscard]] bool glob_covers(std::string_view wide, std::string_view narrow);

}  // namespace spoold
