// What the worker tells and takes while it runs, asked through the control socket.
#include <limits>

#include "worker/worker.hpp"

namespace spoold {

namespace {

constexpr std::size_t entries_told_max = 100;

std::string begun_at(MonotonicTime since, MonotonicTime now, WallTime wall_now) {
  return format_rfc3339(wall_now - (now - since));
}

}  // namespace

void Worker::set_pauses(Pauses pauses) {
  dispatcher_.set_pauses(std::move(pauses));
  wake();
}

Json Worker::status() const {
  const MonotonicTime now = context_.clock.monotonic_now();
  const WallTime wall_now = context_.clock.wall_now();
  Json status = make_stats(report(is_idle() ? "idle" : "running"), dispatcher_, now);
  Json& running = status["running"] = Json::array();
  for (const Dispatcher::Running& entry : dispatcher_.running_entries(entries_told_max)) {
    running.push_back({{"id", format_id(entry.seq)},
                       {"operation", entry.operation},
                       {"lane", entry.lane},
                       {"attempt", entry.attempt},
                       {"since", begun_at(entry.since, now, wall_now)}});
  }
  return status;
}

Json Worker::whereabouts(std::uint64_t seq) const {
  const MonotonicTime now = context_.clock.monotonic_now();
  for (const Dispatcher::Running& entry :
       dispatcher_.running_entries(std::numeric_limits<std::size_t>::max())) {
    if (entry.seq != seq) continue;
    return {{"is", "running"},
            {"lane", entry.lane},
            {"since", begun_at(entry.since, now, context_.clock.wall_now())}};
  }
  const auto waiting = dispatcher_.find_waiting(seq);
  if (!waiting) return {{"is", "unknown"}};
  const LaneQueue::Place& place = waiting->place;
  Json told{{"is", "waiting"},
            {"lane", waiting->lane ? Json(waiting->lane->name) : Json()},
            {"ahead_of_better_priority", place.ahead.of_better_priority},
            {"ahead_of_its_priority", place.ahead.of_its_priority}};
  if (place.route) {
    told["route"] = {{"operation", place.route->first}, {"rate", format_rate(place.route->second)}};
    if (place.route_allows_at > now) {
      told["route"]["next_start_at"] =
          format_rfc3339(context_.clock.wall_now() + (place.route_allows_at - now));
    }
  }
  return told;
}

}  // namespace spoold
