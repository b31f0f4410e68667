#include "schedule/deferred_set.hpp"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "base/ensure.hpp"

namespace spoold {

namespace {

bool later(const EntryName& a, const EntryName& b) {
  return std::tie(*a.due_ms, a.priority, a.seq) > std::tie(*b.due_ms, b.priority, b.seq);
}

// 13 digits of milliseconds reach beyond what 64 bits of nanoseconds hold (the year 2262).
WallTime wall_time(std::int64_t due_ms) {
  constexpr auto last = std::chrono::floor<std::chrono::milliseconds>(WallTime::max());
  const std::chrono::sys_time<std::chrono::milliseconds> due{std::chrono::milliseconds{due_ms}};
  return due > last ? WallTime::max() : WallTime{due};
}

}  // namespace

void DeferredSet::add(EntryName name) {
  ensure(name.due_ms.has_value(), "what is deferred has a due time");
  heap_.push_back(std::move(name));
  std::push_heap(heap_.begin(), heap_.end(), later);
}

std::optional<WallTime> DeferredSet::next_due() const {
  if (heap_.empty()) return std::nullopt;
  return wall_time(*heap_.front().due_ms);
}

std::optional<EntryName> DeferredSet::take_due(WallTime now) {
  const auto due = next_due();
  if (!due || *due > now) return std::nullopt;
  std::pop_heap(heap_.begin(), heap_.end(), later);
  EntryName name = std::move(heap_.back());
  heap_.pop_back();
  return name;
}

std::uint64_t DeferredSet::oldest_seq() const {
  std::uint64_t oldest = std::numeric_limits<std::uint64_t>::max();
  for (const EntryName& name : heap_) oldest = std::min(oldest, name.seq);
  return oldest;
}

}  // namespace spoold
