#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "backend/backend.hpp"
#include "policy/circuit_breaker.hpp"
#include "worker/lane_queue.hpp"
#include "worker/options.hpp"

namespace spoold {

// One backend with everything that limits its use. Lanes run side by side and never wait for one another.
// Lives on the loop's thread.
struct Lane {
  Lane(std::string lane_name, std::unique_ptr<Backend> lane_backend, BreakerOptions breaker_options,
       const LaneOptions& options)
      : name(std::move(lane_name)), backend(std::move(lane_backend)), breaker(breaker_options) {
    limit(options);
  }

  // Takes the place of another lane that may still run something.
  void follow(std::shared_ptr<Lane> before);

  // Takes other limits. The starts counted so far stand where the rate is the same.
  void limit(const LaneOptions& options);

  std::string name;
  std::string type;  // of the backend, for people: "sqlite"
  std::unique_ptr<Backend> backend;
  LaneQueue waiting;
  CircuitBreaker breaker;
  std::optional<Rate> rate;
  std::optional<RateLimit> starts;  // where there is a rate
  bool paused = false;              // by the configuration

  std::size_t batches = 0;  // claimed or being claimed, not yet settled
  std::size_t running = 0;  // entries in them
  bool solitary = false;    // what runs now must run alone
  // Priorities of the bundles whose last slice has not begun: only what is better than all of them may begin.
  std::multiset<int> bundle_turns;
  // What this lane takes the place of after a reload, while that still runs something: the limits hold over
  // both.
  std::shared_ptr<const Lane> predecessor;
  bool opened = false;  // the backend's open() has gone well since the last trouble

  // The entry that last found the backend unavailable, and how often others were served after such a finding.
  std::uint64_t refused = 0;
  std::map<std::uint64_t, int> strikes;

  void note_served();                                          // one more strike against `refused`
  void absolve(std::uint64_t seq) { strikes.erase(seq); }      // it was served itself
  [[nodiscard]] bool is_to_blame(std::uint64_t seq);           // and takes it off the list, if so
  [[nodiscard]] bool suspects(const EntryName& bundle) const;  // one of its lines has a strike

  // Lets go of what this lane took the place of, once nothing runs there.
  void forget_predecessor() {
    if (predecessor && predecessor->batches_under_way() == 0) predecessor.reset();
  }

  struct Outage {
    std::string reason;
    WallTime since{};
    MonotonicTime began{};
  };
  std::optional<Outage> outage;

  // Batches at the same time. A backend that commits what it does, even single entries, gets the next ones
  // claimed and the last ones put away meanwhile; one that makes calls claims no more than it can start.
  [[nodiscard]] std::size_t batches_under_way() const {
    return batches + (predecessor ? predecessor->batches_under_way() : 0);
  }
  [[nodiscard]] std::size_t batches_max() const {
    const bool commits = backend->batch_max() > 1 || backend->remembers();
    return commits ? backend->concurrency() + 2 : backend->concurrency();
  }
};

}  // namespace spoold
