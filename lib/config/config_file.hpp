#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "config/config.hpp"

namespace spoold {

// Reads the environment; handed in so that tests decide.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
[[nodiscard]] Environment process_environment();

// The file to read when none is named: $SPOOLD_CONFIG, else /etc/spoold/spoold.yaml if it exists, else
// nothing.
[[nodiscard]] std::optional<std::string> default_config_file(const Environment& environment);

// Reads a configuration file and lays the environment over it. Refused with kind invalid and "FILE:LINE: ..."
// naming the key, what is wrong and what would be right; an unknown key with the nearest known one. Relations
// are checked too (every route's backend exists, retry.max >= retry.initial, ...). Relative paths are taken
// from the file's directory.
[[nodiscard]] Result<Config> read_config_file(const std::string& path, const Environment& environment);

// The same path with no "." or slash too many, so that a queue has one name however it is written: "./q/" is
// "q". A ".." stays, for it may follow a symlink.
[[nodiscard]] std::string plain_path(const std::string& path);

// The defaults with the environment over them, where there is no file. No backends.
[[nodiscard]] Result<Config> default_config(const Environment& environment);

}  // namespace spoold
