#pragma once

#include <functional>

#include "lane_names.hpp"
#include "store/pauses.hpp"

namespace spoold {

// What a verb made of the pauses as they were.
struct PauseChanged {
  std::string text;
  int status = 0;  // exit status; other than 0: `text` is a complaint
};
using PauseChange = std::function<PauseChanged(Pauses& pauses, const KnownLanes& lanes)>;

// Changes the pauses of the queue, durably, and tells the daemon, if one runs. Prints what was done. `mend`:
// a paused.json that cannot be read is replaced instead of refused. Returns the exit status.
[[nodiscard]] Result<int> change_pauses(Session& session, bool mend, const PauseChange& change);

// "all" and nothing at all stand for every lane.
[[nodiscard]] bool means_all(const std::string& lane, const KnownLanes& lanes);

}  // namespace spoold
