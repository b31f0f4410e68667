#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace spoold {

// Reads a file that a request needs (a secret, a template), 1 MiB at most. An absolute path is taken as it
// is; a relative one lies in $CREDENTIALS_DIRECTORY, where systemd's LoadCredential= puts secrets. Errors
// name the file.
[[nodiscard]] Result<std::string> read_request_file(const std::string& path);

// The same for a secret: one line, whose end is dropped. Empty: kind invalid.
[[nodiscard]] Result<std::string> read_secret(const std::string& path);

}  // namespace spoold
