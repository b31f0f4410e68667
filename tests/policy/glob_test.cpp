#include "policy/glob.hpp"

#include <catch2/catch.hpp>
#include <string>

using spoold::glob_covers;
using spoold::glob_matches;

namespace {

// The definition, word by word; slow.
bool matches_by_definition(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    for (std::size_t run = 0; run <= text.size(); ++run) {
      if (matches_by_definition(pattern.substr(1), text.substr(run))) return true;
    }
    return false;
  }
  if (text.empty() || (pattern[0] != '?' && pattern[0] != text[0])) return false;
  return matches_by_definition(pattern.substr(1), text.substr(1));
}

// Calls `visit` with every string over `letters` up to `length`.
template <class Visit>
void each_string(std::string_view letters, std::size_t length, const Visit& visit,
                 const std::string& begun = {}) {
  visit(begun);
  if (begun.size() == length) return;
  for (const char letter : letters) each_string(letters, length, visit, begun + letter);
}

}  // namespace

TEST_CASE("a pattern covers another if it matches whatever that matches") {
  CHECK(glob_covers("*", "chat.*"));
  CHECK(glob_covers("chat.*", "chat.long.*"));
  CHECK(glob_covers("*.end", "a*.end"));
  CHECK(glob_covers("?", "a"));
  CHECK(glob_covers("?", "é"));
  CHECK(glob_covers("?", "?"));
  CHECK(glob_covers("*?", "*a"));
  CHECK_FALSE(glob_covers("?", "*"));
  CHECK_FALSE(glob_covers("a", "?"));
  CHECK_FALSE(glob_covers("chat.*", "*"));
  CHECK_FALSE(glob_covers("chat.?", "chat.*"));
}

TEST_CASE("a glob matches the whole text") {
  CHECK(glob_matches("chat.*", "chat.completion"));
  CHECK(glob_matches("chat.*", "chat."));
  CHECK_FALSE(glob_matches("chat.*", "chat"));
  CHECK_FALSE(glob_matches("chat.*", "my chat.x"));
  CHECK_FALSE(glob_matches("chat", "chats"));
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("", ""));
  CHECK_FALSE(glob_matches("", "x"));
  CHECK(glob_matches("re?ize", "resize"));
  CHECK_FALSE(glob_matches("resize?", "resize"));
  CHECK(glob_matches("a.[b]\\", "a.[b]\\"));
}

TEST_CASE("a question mark is one character, however many bytes it has") {
  CHECK(glob_matches("gr?n", "grün"));
  CHECK(glob_matches("?", "€"));
  CHECK_FALSE(glob_matches("??", "€"));
  CHECK_FALSE(glob_matches("*??", "€"));
  CHECK(glob_matches("*?", "€"));
}

TEST_CASE("every short glob agrees with the definition on every short text") {
  each_string("a*?b", 5, [](const std::string& pattern) {
    each_string("ab", 6, [&](const std::string& text) {
      if (glob_matches(pattern, text) == matches_by_definition(pattern, text)) return;
      FAIL_CHECK("'" << pattern << "' on '" << text << "'");
    });
  });
}

TEST_CASE("a glob of stars does not explode") {
  std::string pattern;
  for (int i = 0; i < 5000; ++i) pattern += "*a";
  CHECK_FALSE(glob_matches(pattern + "b", std::string(20'000, 'a')));
}
