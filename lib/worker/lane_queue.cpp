#include "worker/lane_queue.hpp"

#include <algorithm>

#include "base/ensure.hpp"

namespace spoold {

namespace {

template <class Routes>
auto find_route(Routes& routes, const std::string& operation) {
  return std::find_if(routes.begin(), routes.end(),
                      [&](const auto& route) { return route.operation == operation; });
}

}  // namespace

void LaneQueue::set_rates(const std::vector<RouteRate>& rates) {
  ensure(empty(), "what waits is taken out before the routes change");
  std::vector<Rated> before = std::exchange(rated_, {});
  for (const auto& [operation, rate] : rates) {
    const auto same = find_route(before, operation);
    const bool known = same != before.end() && same->rate == rate;
    rated_.push_back(Rated{operation, rate, known ? std::move(same->starts) : RateLimit{rate}, {}});
  }
}

void LaneQueue::take_starts(const LaneQueue& before) {
  rated_.clear();
  for (const Rated& route : before.rated_) {
    rated_.push_back(Rated{route.operation, route.rate, route.starts, {}});
  }
}

const WaitingSet& LaneQueue::set(std::size_t number) const {
  return number == 0 ? unrated_ : rated_[number - 1].waiting;
}

WaitingSet& LaneQueue::set(std::size_t number) {
  return number == 0 ? unrated_ : rated_[number - 1].waiting;
}

void LaneQueue::put(WaitingSet::Next entry, const std::string& route) {
  const auto rated = find_route(rated_, route);
  (rated == rated_.end() ? unrated_ : rated->waiting).put_back(std::move(entry));
}

void LaneQueue::put_back(Next next) {
  set(next.set).put_back(std::move(next.entry));
}

WaitingSet LaneQueue::take_all() {
  WaitingSet all = std::exchange(unrated_, {});
  for (Rated& route : rated_) all.merge(std::exchange(route.waiting, {}));
  return all;
}

void LaneQueue::age(WallTime now, std::chrono::nanoseconds per_level) {
  for (std::size_t number = 0; number <= rated_.size(); ++number) set(number).age(now, per_level);
}

std::size_t LaneQueue::size() const {
  std::size_t total = unrated_.size();
  for (const Rated& route : rated_) total += route.waiting.size();
  return total;
}

std::uint64_t LaneQueue::entries() const {
  std::uint64_t total = unrated_.entries();
  for (const Rated& route : rated_) total += route.waiting.entries();
  return total;
}

bool LaneQueue::may_begin(std::size_t number, MonotonicTime now) const {
  return !set(number).empty() && (number == 0 || rated_[number - 1].starts.allows(now));
}

bool LaneQueue::ready(MonotonicTime now) const {
  for (std::size_t number = 0; number <= rated_.size(); ++number) {
    if (may_begin(number, now)) return true;
  }
  return false;
}

std::optional<MonotonicTime> LaneQueue::next_allowed(MonotonicTime since) const {
  std::optional<MonotonicTime> next;
  for (const Rated& route : rated_) {
    if (route.waiting.empty() || route.starts.allows(since)) continue;
    const MonotonicTime allowed = route.starts.next_allowed(since);
    next = next ? std::min(*next, allowed) : allowed;
  }
  return next;
}

std::size_t LaneQueue::best(MonotonicTime now) const {
  std::optional<std::size_t> best;
  for (std::size_t number = 0; number <= rated_.size(); ++number) {
    if (!may_begin(number, now)) continue;
    if (!best || set(number).next_rank() < set(*best).next_rank()) best = number;
  }
  ensure(best.has_value(), "something may begin when the next is asked for");
  return *best;
}

std::uint32_t LaneQueue::next_crashes(MonotonicTime now) const {
  return set(best(now)).next_crashes();
}

bool LaneQueue::next_is_bundle(MonotonicTime now) const {
  return set(best(now)).next_is_bundle();
}

int LaneQueue::next_priority(MonotonicTime now) const {
  return static_cast<int>(set(best(now)).next_rank().first);
}

LaneQueue::Next LaneQueue::take(MonotonicTime now) {
  const std::size_t number = best(now);
  return Next{set(number).take(), number};
}

void LaneQueue::begin(const Next& next, MonotonicTime now) {
  if (next.set > 0) rated_[next.set - 1].starts.begin(now);
}

void LaneQueue::collect(std::vector<std::uint64_t>& seqs, std::vector<std::string>& foreign) const {
  for (std::size_t number = 0; number <= rated_.size(); ++number) set(number).collect(seqs, foreign);
}

std::optional<LaneQueue::Place> LaneQueue::place_of(std::uint64_t seq, MonotonicTime now) const {
  for (std::size_t own = 0; own <= rated_.size(); ++own) {
    const std::optional<int> priority = set(own).priority_of(seq);
    if (!priority) continue;
    Place place;
    for (std::size_t number = 0; number <= rated_.size(); ++number) {
      const WaitingSet::Ahead ahead = set(number).ahead_of(*priority, seq);
      place.ahead.of_better_priority += ahead.of_better_priority;
      place.ahead.of_its_priority += ahead.of_its_priority;
    }
    if (own > 0) {
      place.route = RouteRate{rated_[own - 1].operation, rated_[own - 1].rate};
      place.route_allows_at = rated_[own - 1].starts.next_allowed(now);
    }
    return place;
  }
  return std::nullopt;
}

std::vector<LaneQueue::RatedRoute> LaneQueue::rated_routes() const {
  std::vector<RatedRoute> routes;
  for (const Rated& route : rated_) routes.push_back({route.operation, route.rate, route.waiting.size()});
  return routes;
}

}  // namespace spoold
