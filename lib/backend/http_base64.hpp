#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace spoold {

// RFC 4648, with padding.
[[nodiscard]] std::string to_base64(std::string_view bytes);

// Nothing unless all of `text` is base64, its padding possibly left out.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace spoold
