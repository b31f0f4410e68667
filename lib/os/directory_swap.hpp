#pragma once

#include <string>

#include "os/file_system.hpp"

namespace spoold {

// Puts a fresh directory in the place of `name`, which is to be empty, since a directory that once held a
// million names keeps its size on ext4, and is read whole at every look. Owner and mode are kept. One
// exchange of names, so that there is always a directory of that name. What a producer that had the old one
// open still renames into it is moved over, durably, before the old one goes; after that such a rename fails,
// and nothing was acknowledged. `staged` is the name of the other directory in `staging` meanwhile; should
// this be cut short, finish_swap() brings over what lies there.
[[nodiscard]] Result<void> swap_in_fresh_directory(FileSystem& files, Directory parent,
                                                   const std::string& name, Directory staging,
                                                   const std::string& staged);

// Moves what lies in `staged` into `to` and removes it.
[[nodiscard]] Result<void> finish_swap(FileSystem& files, Directory staging, const std::string& staged,
                                       Directory to);

}  // namespace spoold
