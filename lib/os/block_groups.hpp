#pragma once

namespace spoold {

// ext4 makes a file in the block group of its directory. Without a journal it does not use an inode again for
// minutes after its removal, and looks at each such inode of the group whenever it makes a file there
// (fs/ext4/ialloc.c, find_inode_bit): ten thousand removals make that 25 times slower and more. True on such
// a file system; false where it is another, or /sys does not tell.
[[nodiscard]] bool removals_slow_creation(int directory);

// Asks for directories made in this one from now on to be spread over the block groups (chattr +T), as far as
// the file system knows how. Whose owner one is not stays as it is.
void spread_directories(int directory);

}  // namespace spoold
