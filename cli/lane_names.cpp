#include "lane_names.hpp"

#include <algorithm>

#include "config/config.hpp"
#include "config/nearest.hpp"
#include "daemon_report.hpp"

namespace spoold {

bool KnownLanes::has(const std::string& lane) const {
  return std::find(names.begin(), names.end(), lane) != names.end();
}

Result<KnownLanes> known_lanes(Session& session, const QueueView& view) {
  KnownLanes lanes;
  for (const BackendConfig& backend : session.config->backends) {
    lanes.names.push_back(backend.name);
    if (backend.lane.paused) lanes.paused_by_configuration.push_back(backend.name);
  }
  if (!lanes.names.empty()) return lanes;
  const auto report = read_daemon_report(session, view);
  if (!report) return report.error();
  if (!*report) return lanes;
  for (const auto& lane : (*report)->lanes) {
    lanes.names.push_back(lane.name);
    if (lane.paused && lane.paused->by == "the configuration") {
      lanes.paused_by_configuration.push_back(lane.name);
    }
  }
  return lanes;
}

std::string explain_no_lane(const KnownLanes& lanes, const std::string& typed) {
  if (lanes.names.empty()) {
    return "which lanes there are is not known: give the configuration with --config";
  }
  const auto meant = nearest(typed, lanes.names);
  return "no lane " + in_quotes(typed) +
         (meant ? "; did you mean '" + *meant + "'?" : "; there are " + any_of(lanes.names));
}

}  // namespace spoold
