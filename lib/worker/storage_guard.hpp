#pragma once

#include <optional>
#include <string>
#include <vector>

#include "event/event.hpp"
#include "policy/circuit_breaker.hpp"
#include "worker/bundle_settling.hpp"
#include "worker/settlement.hpp"

namespace spoold {

// Keeps the worker from claiming while the queue's file system is full, read-only or broken, and keeps what
// could not be settled because of it: those entries stay in processing/, are not run again, and are settled
// when it is mended.
class StorageGuard {
 public:
  struct Trouble {
    std::string reason;
    WallTime since{};
    MonotonicTime began{};
  };

  // Notes a fault; the event where it is news.
  [[nodiscard]] std::optional<Event> failed(const Error& error, WallTime wall_now, MonotonicTime now);
  // Notes that a call went well; the event if that ends a trouble.
  [[nodiscard]] std::optional<Event> succeeded(MonotonicTime now);

  // False while in trouble and before the next look. In trouble one try at a time is allowed.
  [[nodiscard]] bool allows(MonotonicTime now) const { return breaker_.allows(now); }
  void begin_try(MonotonicTime now);
  void abandon_try() { breaker_.abandon_probe(); }  // it came to nothing, good or bad

  void hold(Settlement settlement) { held_.push_back(std::move(settlement)); }
  void hold(BundleSettlement settlement) { held_bundles_.push_back(std::move(settlement)); }
  [[nodiscard]] std::vector<Settlement> take_held();
  [[nodiscard]] std::vector<BundleSettlement> take_held_bundles();
  [[nodiscard]] std::size_t held() const { return held_.size() + held_bundles_.size(); }

  [[nodiscard]] const std::optional<Trouble>& trouble() const { return trouble_; }
  [[nodiscard]] MonotonicTime next_look() const { return breaker_.open_until(); }

 private:
  CircuitBreaker breaker_{BreakerOptions{}};
  std::optional<Trouble> trouble_;
  std::vector<Settlement> held_;
  std::vector<BundleSettlement> held_bundles_;
};

}  // namespace spoold
