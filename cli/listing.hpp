#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "queue_view.hpp"

namespace spoold {

// The entries of one state, in the order that matters there:
//   pending, processing                      as they are claimed: priority, then seq
//   deferred                                 as they fall due
//   completed, failed, cancelled, corrupt    newest first
struct Listing {
  std::vector<std::string> file_names;  // the first `keep_max` of them
  std::uint64_t total = 0;              // how many there are
};

// Names only, but for foreign ones, whose files are looked at for what their names do not tell. With
// `priority`, entries of that priority alone. Memory goes with keep_max, not with what lies there.
[[nodiscard]] Result<Listing> list_entries(QueueView& view, State state, std::optional<int> priority,
                                           std::size_t keep_max);

}  // namespace spoold
