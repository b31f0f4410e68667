#include "schedule/deferred_set.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/ensure.hpp"

namespace spoold {

bool DeferredSet::ByDue::operator()(const EntryName& a, const EntryName& b) const {
  return std::tie(*a.due_ms, a.priority, a.seq, a.attempts, a.crashes, a.label) <
         std::tie(*b.due_ms, b.priority, b.seq, b.attempts, b.crashes, b.label);
}

void DeferredSet::add(EntryName name) {
  ensure(name.due_ms.has_value(), "what is deferred has a due time");
  const bool retry = name.attempts > 0;
  if (names_.insert(std::move(name)).second && retry) ++retries_;
}

std::optional<WallTime> DeferredSet::next_due() const {
  if (names_.empty()) return std::nullopt;
  return due_time(*names_.begin()->due_ms);
}

std::optional<EntryName> DeferredSet::take_due(WallTime now) {
  const auto due = next_due();
  if (!due || *due > now) return std::nullopt;
  if (names_.begin()->attempts > 0) --retries_;
  return std::move(names_.extract(names_.begin()).value());
}

}  // namespace spoold
