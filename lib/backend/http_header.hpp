#pragma once

#include <string_view>

#include "base/result.hpp"

// What may stand in the header of a request that a person or an entry had a say in.

namespace spoold {

// A name made of the letters RFC 9110 allows, and none of those the program writes itself (Host,
// Content-Length, Transfer-Encoding, Connection, Idempotency-Key, webhook-* and their like). Kind invalid.
[[nodiscard]] Result<void> check_header_name(std::string_view name);

// No control character (CR, LF, NUL: whatever could begin a header of its own) but the tab, no space at
// either end, 8000 bytes at most. `name` is for the error's text, which never shows the value: it may be a
// secret.
[[nodiscard]] Result<void> check_header_value(std::string_view name, std::string_view value);

// Names are the same in upper and lower case.
[[nodiscard]] bool same_header_name(std::string_view one, std::string_view other);

// "application/json", "application/problem+json; charset=utf-8"
[[nodiscard]] bool is_json_type(std::string_view content_type);
// "application/x-www-form-urlencoded"
[[nodiscard]] bool is_form_type(std::string_view content_type);

}  // namespace spoold
