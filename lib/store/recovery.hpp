#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "store/directory_store.hpp"

namespace spoold {

struct RecoveryOptions {
  std::uint32_t crashes_max = 3;                                  // at this many it is dead-lettered
  std::chrono::nanoseconds staging_age = std::chrono::hours{36};  // older files in .tmp/ are removed
  std::function<void()> progress{};  // called for each file looked at, if not empty
};

struct RecoveryReport {
  std::vector<std::string> returned;  // names now in pending/, crashes + 1
  std::vector<std::string> failed;    // names now in failed/: the worker died too often holding them
  std::uint64_t staging_removed = 0;
};

// Brings processing/ back after a crash: each entry there was held by a daemon that died. Crashes + 1 and
// back to pending/, or to failed/ at the limit; whatever is no entry of ours goes back to pending/ under its
// name, where the claim judges it. A bundle loses the lines that have left it, and is taken apart by its
// claim before the limit is met. The attempt stays counted. Idempotent: may itself be cut short anywhere
// and run again. The counts are durable when it returns. What cannot be removed from .tmp/ is left there, no
// error. REQUIRES: the queue's lock is held, and nothing an earlier daemon started still runs.
[[nodiscard]] Result<RecoveryReport> recover(FileSystem& files, const QueueLayout& layout, const Clock& clock,
                                             const RecoveryOptions& options);

}  // namespace spoold
