#pragma once

#include <string>

#include "base/result.hpp"

namespace spoold {

// What root makes in a directory that belongs to somebody else is given to that user and the directory's
// group, or the daemon, who runs as that user, could not use it (`sudo spoolctl init`). Does nothing for
// other users, in root's own directories, and for what somebody else made. Never follows a symlink.
[[nodiscard]] Result<void> give_to_owner_of(int directory_fd, const std::string& name);

}  // namespace spoold
