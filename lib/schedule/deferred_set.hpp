#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/time.hpp"
#include "entry/entry_name.hpp"

namespace spoold {

// The names in deferred/, by due time, each once. One thread.
class DeferredSet {
 public:
  void add(EntryName name);  // REQUIRES: a due time
  void clear() {
    names_.clear();
    retries_ = 0;
  }
  [[nodiscard]] bool empty() const { return names_.empty(); }
  [[nodiscard]] std::size_t size() const { return names_.size(); }

  // Those that have been tried before; the others were put off by their producers.
  [[nodiscard]] std::size_t retries() const { return retries_; }

  // When the first falls due.
  [[nodiscard]] std::optional<WallTime> next_due() const;
  // The first, if it is due by `now`.
  [[nodiscard]] std::optional<EntryName> take_due(WallTime now);

 private:
  struct ByDue {
    bool operator()(const EntryName& a, const EntryName& b) const;
  };
  std::set<EntryName, ByDue> names_;
  std::size_t retries_ = 0;
};

}  // namespace spoold
