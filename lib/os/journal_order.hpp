#pragma once

#include <mutex>
#include <utility>
#include <vector>

namespace spoold {

// Tells the file systems whose journal orders names behind the bytes that have left for the disk before.
//
// On these, once a file's bytes were written out and waited for (sync_file_range), a name given to the file
// after that is never durable without them, and one fsync of the name's directory makes both durable: one
// commit of the journal instead of two. docs/queue.md has the argument. So it is on
//   ext4 (and ext2/3 mounted by its driver) with a journal on its own device, without journal_async_commit
//   XFS without a real-time device
// Everywhere else, and wherever /proc or /sys do not tell, the answer is no.
class JournalOrder {
 public:
  // Of the file system that a directory lies on. It is looked up once for each descriptor, which must stay
  // open as long as this lives. Any thread.
  [[nodiscard]] bool holds_in(int directory);

 private:
  std::mutex mutex_;
  std::vector<std::pair<int, bool>> known_;  // by descriptor
};

// Writes the file's dirty pages out and waits until the device has taken them; not a sync, which would also
// commit the journal and flush the device's cache. Returns errno, 0 if all went.
[[nodiscard]] int write_out(int fd);

}  // namespace spoold
