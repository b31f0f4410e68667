#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Text as bytes that may or may not be UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).

namespace spoold {

// The length, 1 to 4, of the well-formed character at the front of `text`; 0 where there is none.
[[nodiscard]] std::size_t utf8_character(std::string_view text);

// The offset of the first byte that is not part of a well-formed character; npos if all are.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view text);

// True if the character at the front, `length` bytes long, is a control character: C0, DEL or C1.
[[nodiscard]] bool is_control_character(std::string_view text, std::size_t length);

// At most `bytes_max` bytes of `text`, not cutting a character in two.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t bytes_max);

// For an error's text: quoted, printable (entry_name.hpp), and cut after about 60 bytes.
[[nodiscard]] std::string excerpt(std::string_view text);

}  // namespace spoold
