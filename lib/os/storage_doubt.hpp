#pragma once

#include <string>

namespace spoold {

// Why what is acknowledged in this directory may be lost all the same, for people: it lies in memory, or on a
// file system whose locks, renames and syncs are what another machine or program makes of them. By the type
// that statfs(2) tells; nothing said of local disks, and where the type is not known.
[[nodiscard]] std::string storage_doubt(int directory);

}  // namespace spoold
