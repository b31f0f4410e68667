#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "policy/retention.hpp"
#include "store/queue_layout.hpp"

namespace spoold {

// One file that is to go.
struct CleanupItem {
  std::string file_name;
  WallTime settled_at{};  // its ctime: the rename that brought it where it is
  std::uint64_t bytes = 0;
};

// The files of a state that its limits let go, the oldest first, at most `items_max` of them (more may go
// then). Looks at every file, in memory of items_max. Ends early, with what it has, once `stop` is set. With
// `now` missing nothing goes for its age.
[[nodiscard]] Result<std::vector<CleanupItem>> scan_for_cleanup(FileSystem& files, const QueueLayout& layout,
                                                                State state, const KeepOptions& keep,
                                                                std::optional<WallTime> now,
                                                                std::size_t items_max,
                                                                const std::atomic<bool>& stop);

}  // namespace spoold
