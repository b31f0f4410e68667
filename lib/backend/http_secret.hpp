#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace spoold {

// Reads a file that requests are made from, 1 MiB at most. Errors name it.
[[nodiscard]] Result<std::string> read_request_file(const std::string& path);

// The same for a secret: one line, whose end is dropped. An absolute path is taken as it is; a relative one
// lies in $CREDENTIALS_DIRECTORY, where systemd's LoadCredential= puts secrets. Empty: kind invalid.
[[nodiscard]] Result<std::string> read_secret(const std::string& path);

}  // namespace spoold
