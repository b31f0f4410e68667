#include "entry/utf8.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>

using namespace spoold;

namespace {

std::string encode(std::uint32_t code) {
  const auto byte = [](std::uint32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xC0U | code >> 6U), byte(0x80U | (code & 0x3FU))};
  if (code < 0x10000)
    return {byte(0xE0U | code >> 12U), byte(0x80U | (code >> 6U & 0x3FU)), byte(0x80U | (code & 0x3FU))};
  return {byte(0xF0U | code >> 18U), byte(0x80U | (code >> 12U & 0x3FU)), byte(0x80U | (code >> 6U & 0x3FU)),
          byte(0x80U | (code & 0x3FU))};
}

bool is_surrogate(std::uint32_t code) {
  return code >= 0xD800 && code <= 0xDFFF;
}

}  // namespace

TEST_CASE("every character of Unicode is well-formed, cut short it is not") {
  std::size_t wrong = 0;
  for (std::uint32_t code = 0; code <= 0x10FFFF; ++code) {
    const std::string text = encode(code);
    if (utf8_character(text) != (is_surrogate(code) ? 0 : text.size())) ++wrong;
    for (std::size_t length = 0; length < text.size(); ++length) {
      if (utf8_character(std::string_view(text).substr(0, length)) != 0) ++wrong;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("exactly as many sequences of two bytes are well-formed as there are characters") {
  std::size_t count = 0;
  for (int first = 0x80; first < 0x100; ++first) {
    for (int second = 0; second < 0x100; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      if (utf8_character(text) == 2) ++count;
    }
  }
  CHECK(count == 0x800 - 0x80);
}

TEST_CASE("overlong forms and what lies beyond Unicode are not well-formed") {
  for (const char* text :
       {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "\x80"}) {
    CHECK(utf8_character(text) == 0);
  }
}

TEST_CASE("the first byte that is not UTF-8 is found") {
  CHECK(find_invalid_utf8("plain \xC3\xA4") == std::string_view::npos);
  CHECK(find_invalid_utf8("ab\xFF") == 2);
  CHECK(find_invalid_utf8("\xC3\xA4\xC3") == 2);
}

TEST_CASE("a text is cut between characters") {
  CHECK(cut_utf8("abc", 3) == "abc");
  CHECK(cut_utf8("a\xC3\xA4", 2) == "a");
  CHECK(cut_utf8("\xF0\x9F\x98\x80", 3).empty());
}

TEST_CASE("an excerpt is short, quoted and printable") {
  CHECK(excerpt("a\x1B") == "\"a\\x1B\"");
  const std::string shown = excerpt(std::string(1'000'000, 'x'));
  CHECK(shown.size() < 80);
  CHECK(shown.ends_with("...\""));
}
