#pragma once

#include <string>
#include <vector>

#include "queue_view.hpp"

namespace spoold {

// The entries that `reference` names: an id (with or without its leading zeros), the name of a file, or the
// name a file was dropped under (with or without ".json" and a leading priority "N_"). More than one where
// the same foreign name was used again. Empty: there is none in any state.
[[nodiscard]] Result<std::vector<EntryFile>> find_entries(QueueView& view, const std::string& reference);

// "no entry 'x' in pending/, processing/, ...": for when there is none.
[[nodiscard]] std::string explain_not_found(const QueueView& view, const std::string& reference);

}  // namespace spoold
