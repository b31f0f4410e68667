#pragma once

#include <map>
#include <string>

#include "os/file_system.hpp"

namespace spoold::test {

// How often each id is in the archive of this directory. Fails the test where a file of it is not whole.
[[nodiscard]] std::map<std::string, int> archive_ids(FileSystem& files, Directory archive);

}  // namespace spoold::test
