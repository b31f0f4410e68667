#include "worker/storage_guard.hpp"

#include <algorithm>
#include <utility>

namespace spoold {

std::optional<Event> StorageGuard::failed(const Error& error, WallTime wall_now, MonotonicTime now) {
  breaker_.failed(now, std::nullopt);
  const bool news = !trouble_ || trouble_->reason != error.message();
  if (!trouble_) trouble_ = Trouble{.reason = {}, .since = wall_now, .began = now};
  trouble_->reason = error.message();
  if (!news) return std::nullopt;
  return event::StorageTrouble{trouble_->reason, breaker_.open_until() - now};
}

std::optional<Event> StorageGuard::succeeded(MonotonicTime now) {
  if (!trouble_) return std::nullopt;
  breaker_.succeeded();
  const auto outage = now - trouble_->began;
  trouble_.reset();
  return event::StorageMended{outage};
}

void StorageGuard::begin_try(MonotonicTime now) {
  if (breaker_.position(now) == CircuitBreaker::Position::half_open) breaker_.begin_probe();
}

std::vector<Settlement> StorageGuard::take_held() {
  return std::exchange(held_, {});
}

std::vector<BundleSettlement> StorageGuard::take_held_bundles() {
  return std::exchange(held_bundles_, {});
}

}  // namespace spoold
