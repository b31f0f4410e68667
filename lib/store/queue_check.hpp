#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "os/file_system.hpp"
#include "store/queue_layout.hpp"

// Looking a queue over and emptying it: `spoolctl init --verify` and `--reset`. Works with the daemon down.

namespace spoold {

// Every problem of the queue at `path`, one line each: the place, what is wrong, what to do. Empty: all is
// well. Changes nothing. Finds what QueueLayout::open() refuses, a missing or damaged .seq, and names in
// pending/ that no daemon will ever pick up.
[[nodiscard]] std::vector<std::string> check_queue(FileSystem& files, const std::string& path);

struct ResetReport {
  std::array<std::uint64_t, all_states.size()> removed{};  // entries, by state; see of()
  std::uint64_t staging_removed = 0;                       // half-made files in .tmp/
  std::vector<std::string> kept;  // "corrupt/x.json": directories somebody put there; theirs to remove

  [[nodiscard]] std::uint64_t of(State state) const { return removed[static_cast<std::size_t>(state)]; }
};

// Empties a queue: the entries of every state with their reasons, what lies in .tmp/, and stats.json. The
// directories and .seq stay, so that no id is ever used twice. Stops at the first error; may be run again.
// REQUIRES: the queue's lock is held (FileLock on lock_name) and the layout has all states open.
[[nodiscard]] Result<ResetReport> reset_queue(FileSystem& files, const QueueLayout& layout);

}  // namespace spoold
