#pragma once

#include <string>
#include <utility>
#include <vector>

#include "policy/rate_limit.hpp"
#include "schedule/waiting_set.hpp"

namespace spoold {

// What waits for one lane. Entries of a route that has a rate of its own stand apart: while that route is at
// its rate they are passed over, and the lane's others go on. Among those that may begin, the order is that
// of one WaitingSet. Lives on the loop's thread.
class LaneQueue {
 public:
  // A route by its operation (a glob), and its rate.
  using RouteRate = std::pair<std::string, Rate>;

  // What is taken, and from which of the sets.
  struct Next {
    WaitingSet::Next entry;
    std::size_t set = 0;
  };

  struct RatedRoute {
    std::string operation;
    Rate rate;
    std::size_t waiting = 0;
  };

  // Which routes have a rate. The starts counted so far stand where route and rate are the same as before,
  // here or in a lane that this one takes the place of. REQUIRES: empty()
  void set_rates(const std::vector<RouteRate>& rates);
  void take_starts(const LaneQueue& before);

  // An entry of that route (its operation, as in set_rates; of any without a rate: whatever).
  void put(WaitingSet::Next entry, const std::string& route);
  void put_back(Next next);  // what was taken
  // Of all routes without a rate.
  [[nodiscard]] WaitingSet& unrated() { return unrated_; }
  // Everything that waits, no longer here.
  [[nodiscard]] WaitingSet take_all();

  // As WaitingSet::age.
  void age(WallTime now, std::chrono::nanoseconds per_level);

  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::uint64_t entries() const;  // as size(), a bundle of ours by its lines
  // Something waits that may begin as far as routes' rates go.
  [[nodiscard]] bool ready(MonotonicTime now) const;
  // When the next route that is at its rate at `since` may begin one; nothing if none is, or none of it
  // waits.
  [[nodiscard]] std::optional<MonotonicTime> next_allowed(MonotonicTime since) const;
  [[nodiscard]] std::uint32_t next_crashes(MonotonicTime now) const;  // REQUIRES: ready(now)
  [[nodiscard]] bool next_is_bundle(MonotonicTime now) const;         // REQUIRES: ready(now)
  [[nodiscard]] int next_priority(MonotonicTime now) const;           // aged; REQUIRES: ready(now)
  [[nodiscard]] Next take(MonotonicTime now);                         // REQUIRES: ready(now)
  // An attempt at what was taken begins: counted against its route's rate.
  void begin(const Next& next, MonotonicTime now);

  // As those of WaitingSet.
  void collect(std::vector<std::uint64_t>& seqs, std::vector<std::string>& foreign) const;

  [[nodiscard]] std::vector<RatedRoute> rated_routes() const;

  // Where an entry of this seq waits; nothing if it does not wait here. Linear time.
  struct Place {
    WaitingSet::Ahead ahead;
    std::optional<RouteRate> route;   // where its route has a rate of its own
    MonotonicTime route_allows_at{};  // past `now` while that route is at its rate
  };
  [[nodiscard]] std::optional<Place> place_of(std::uint64_t seq, MonotonicTime now) const;

 private:
  struct Rated {
    std::string operation;
    Rate rate;
    RateLimit starts;
    WaitingSet waiting;
  };
  // By number: 0 is unrated_, the others those of rated_.
  [[nodiscard]] const WaitingSet& set(std::size_t number) const;
  [[nodiscard]] WaitingSet& set(std::size_t number);
  [[nodiscard]] bool may_begin(std::size_t number, MonotonicTime now) const;
  [[nodiscard]] std::size_t best(MonotonicTime now) const;

  WaitingSet unrated_;
  std::vector<Rated> rated_;
};

}  // namespace spoold
