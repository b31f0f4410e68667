#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/result.hpp"

namespace spoold {

// JSON as everything here holds it; members keep the order of the file, so a rewritten entry still looks like
// itself.
using Json = nlohmann::ordered_json;

constexpr int json_depth_max = 64;

// Reads one JSON text (RFC 8259), stricter than most readers, because two readers of one entry must not see
// two different jobs: duplicate keys, invalid UTF-8, a byte order mark, nesting over json_depth_max, integers
// outside 64 bits, floating-point numbers that overflow, and anything after the value are refused. The Error
// (kind invalid) gives the byte offset, counted from 0: of the byte with which the text cannot go on, its
// length where it ends too early; a word, name, number or level that is whole and has no place is refused
// where it begins.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

}  // namespace spoold
