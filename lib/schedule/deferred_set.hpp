#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "entry/entry_name.hpp"

namespace spoold {

// The names in deferred/, by due time. One thread.
class DeferredSet {
 public:
  void add(EntryName name);  // REQUIRES: a due time
  void clear() { heap_.clear(); }
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

  // When the first falls due.
  [[nodiscard]] std::optional<WallTime> next_due() const;
  // The first, if it is due by `now`.
  [[nodiscard]] std::optional<EntryName> take_due(WallTime now);
  [[nodiscard]] std::uint64_t oldest_seq() const;  // max if empty. Linear time.

 private:
  std::vector<EntryName> heap_;
};

}  // namespace spoold
