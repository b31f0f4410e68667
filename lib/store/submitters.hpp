#pragma once

#include <sys/types.h>

#include <unordered_set>
#include <vector>

#include "store/queue_layout.hpp"

namespace spoold {

// Who may enqueue, judged by the owner of the file that was opened: the daemon's own user, root, those
// listed, and, where pending/ is writable for its group, the group's members. The mode of pending/ is read
// once.
class Submitters {
 public:
  Submitters(FileSystem& files, const QueueLayout& layout, std::vector<uid_t> listed);

  [[nodiscard]] bool accepts(uid_t owner);

  // Somebody else could change this file's bytes while it waits for another attempt: it belongs to another
  // user, or to this one with write permission for the group that may reach it.
  [[nodiscard]] bool may_be_changed_by_others(const FileStatus& file) const;

  // Of the files that the daemon writes: 0640 where a group uses the queue, else 0600.
  [[nodiscard]] mode_t file_mode() const { return group_ ? 0640 : 0600; }

 private:
  uid_t self_;
  std::optional<gid_t> group_;  // pending/'s, where it may enqueue
  std::vector<uid_t> listed_;
  std::unordered_set<uid_t> members_;  // found so far: asking the user database is slow
};

}  // namespace spoold
