#include "fuzz/property.hpp"

#include <stdexcept>
#include <string>

#include "entry/utf8.hpp"

namespace spoold::fuzz {

void must(bool holds, const char* property, const boost::source_location& where) {
  if (holds) return;
  throw std::logic_error(std::string{where.file_name()} + ":" + std::to_string(where.line()) +
                         ": it must be that " + property);
}

void must_be_one_line(std::string_view text, const boost::source_location& where) {
  constexpr std::size_t line_bytes_max = 1000;
  must(!text.empty(), "a text says something", where);
  must(text.size() <= line_bytes_max, "a text stays short", where);
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t length = utf8_character(rest);
    must(length > 0, "a text is UTF-8", where);
    must(!is_control_character(rest, length), "a text holds no control characters", where);
    rest.remove_prefix(length);
  }
}

std::uint64_t hash_of(std::string_view input) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : input) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return hash;
}

}  // namespace spoold::fuzz
