#pragma once

#include <cstdint>
#include <string>

#include "os/unique_fd.hpp"
#include "queue_view.hpp"

namespace spoold {

// Waits for entries to move between the states of a queue: inotify(7) on every state's directory. Where that
// is not to be had, every wait lasts to its end and says that something may have moved.
class QueueWatch {
 public:
  explicit QueueWatch(const QueueView& view);

  struct Seen {
    bool changed = false;       // something moved, or nobody can tell
    std::uint64_t settled = 0;  // entries that entered completed/, failed/ or corrupt/, as far as was seen
  };
  // Returns at the first change, at `until` at the latest; a time already past: only takes what has come.
  [[nodiscard]] Result<Seen> wait(MonotonicTime until);

  [[nodiscard]] bool polls() const { return !inotify_; }

 private:
  [[nodiscard]] bool watch_all();
  [[nodiscard]] Result<Seen> take();

  std::string path_;
  UniqueFd inotify_;
  std::array<int, all_states.size()> watches_{};
};

}  // namespace spoold
