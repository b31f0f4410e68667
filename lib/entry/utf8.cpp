#include "entry/utf8.hpp"

#include "entry/entry_name.hpp"

namespace spoold {

namespace {

constexpr std::size_t quoted_bytes_max = 60;

unsigned byte_at(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

bool is_continuation(std::string_view text, std::size_t index) {
  return index < text.size() && (byte_at(text, index) & 0xC0U) == 0x80;
}

}  // namespace

std::size_t utf8_character(std::string_view text) {
  if (text.empty()) return 0;
  const unsigned first = byte_at(text, 0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4 || !is_continuation(text, 1)) return 0;
  if (first < 0xE0) return 2;
  const unsigned second = byte_at(text, 1);
  if (!is_continuation(text, 2)) return 0;
  if (first < 0xF0) {
    const bool overlong = first == 0xE0 && second < 0xA0;
    const bool surrogate = first == 0xED && second > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  const bool overlong = first == 0xF0 && second < 0x90;
  const bool beyond_unicode = first == 0xF4 && second > 0x8F;
  return overlong || beyond_unicode || !is_continuation(text, 3) ? 0 : 4;
}

std::size_t find_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_character(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

bool is_control_character(std::string_view text, std::size_t length) {
  if (length == 1) return byte_at(text, 0) < 0x20 || byte_at(text, 0) == 0x7F;
  return length == 2 && byte_at(text, 0) == 0xC2 && byte_at(text, 1) < 0xA0;
}

std::string_view cut_utf8(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && is_continuation(text, end)) --end;
  return text.substr(0, end);
}

std::string excerpt(std::string_view text) {
  const std::string_view shown = cut_utf8(text, quoted_bytes_max);
  return '"' + printable(shown) + (shown.size() < text.size() ? "...\"" : "\"");
}

}  // namespace spoold
