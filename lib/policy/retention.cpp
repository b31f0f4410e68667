#include "policy/retention.hpp"

namespace spoold {

bool goes(const KeepOptions& options, const Kept& kept, WallTime settled_at, std::optional<WallTime> now) {
  if (options.count > 0 && kept.count > options.count) return true;
  if (options.bytes > 0 && kept.bytes > options.bytes) return true;
  return options.age > std::chrono::nanoseconds{0} && now && settled_at < *now - options.age;
}

ClockRecord read_clock(const std::optional<ClockRecord>& before, WallTime now) {
  const bool follows = before && now >= before->read_at && now - before->read_at <= clock_gap_max;
  return {now, follows ? before->steady_since : now};
}

bool is_trusted(const ClockRecord& record) {
  return record.read_at - record.steady_since >= clock_proof;
}

}  // namespace spoold
