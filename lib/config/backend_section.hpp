#pragma once

#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/map_reader.hpp"

namespace spoold {

// A kind of backend: the word after `type:` and what reads the rest of its map. A new kind is a file like
// sqlite_section.cpp, an alternative of BackendConfig::options, and a row of the table in
// backend_section.cpp.
struct BackendType {
  std::string_view name;
  decltype(BackendConfig::options) (*read)(MapReader& backend);
};

[[nodiscard]] const std::vector<BackendType>& backend_types();

[[nodiscard]] decltype(BackendConfig::options) read_sqlite(MapReader& backend);
[[nodiscard]] decltype(BackendConfig::options) read_http(MapReader& backend);
[[nodiscard]] decltype(BackendConfig::options) read_command(MapReader& backend);

}  // namespace spoold
