#include "policy/glob.hpp"

namespace spoold {

namespace {

std::size_t next_character(std::string_view text, std::size_t at) {
  constexpr auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  ++at;
  while (at < text.size() && is_continuation(text[at])) ++at;
  return at;
}

// With `text` itself a pattern, only a `*` takes a `*` of it, so that whatever that one stands for is taken
// too.
bool fits(std::string_view pattern, std::string_view text, bool text_is_pattern) {
  constexpr std::size_t none = std::string_view::npos;
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t after_star = none;  // in the pattern
  std::size_t star_end = 0;       // in the text: where the last star's run ends, so far
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      star_end = t;
    } else if (p < pattern.size() && pattern[p] == '?' && !(text_is_pattern && text[t] == '*')) {
      ++p;
      t = next_character(text, t);
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (after_star != none) {
      // Only the last star need ever take more: whatever an earlier one could take besides, the last one can.
      star_end = next_character(text, star_end);
      p = after_star;
      t = star_end;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  return fits(pattern, text, false);
}

bool glob_covers(std::string_view wide, std::string_view narrow) {
  return fits(wide, narrow, true);
}

}  // namespace spoold
