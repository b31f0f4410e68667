#pragma once

#include <string>
#include <vector>

#include "queue_view.hpp"

namespace spoold {

// The lanes of a queue: those of the configuration; where that names no backends (--queue alone), those that
// the daemon last told of.
struct KnownLanes {
  std::vector<std::string> names;
  std::vector<std::string> paused_by_configuration;  // of these

  [[nodiscard]] bool has(const std::string& lane) const;
};
[[nodiscard]] Result<KnownLanes> known_lanes(Session& session, const QueueView& view);

// "no lane 'mian'; did you mean 'main'?"
[[nodiscard]] std::string explain_no_lane(const KnownLanes& lanes, const std::string& typed);

}  // namespace spoold
