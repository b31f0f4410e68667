#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "entry/entry_name.hpp"

namespace spoold {

// The names waiting in pending/, in the order they are to be claimed: lower priority number first, then seq;
// a foreign name goes by its priority and modification time. Kept in memory so that no claim lists the
// directory. 16 bytes an entry with a plain name of ours, plus its string for a foreign or labelled one, or
// a bundle. A name may be in here twice (a scan and an event): the second claim finds it vanished, which is
// no error. One thread.
class WaitingSet {
 public:
  // What is taken, with all that is needed to put it (back) into a set.
  struct Next {
    std::string file_name;
    int priority = priority_default;
    std::uint64_t order = 0;  // seq, or modification time in ns
  };

  // From here on the oldest of each priority stands one level better for each `per_level` that it has waited
  // by `now`, down to priority 1, so that nothing waits for ever behind better ones. Zero: strictly by
  // priority.
  void age(WallTime now, std::chrono::nanoseconds per_level);

  void add(const EntryName& name);  // REQUIRES: no due time
  void add_foreign(std::string file_name, int priority, WallTime modified);

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // As size(), a bundle of ours by its lines.
  [[nodiscard]] std::uint64_t entries() const { return size_ + more_in_bundles_; }
  // How often the next one crashed a worker: such a one is not to run beside others, so the caller asks
  // before it takes. REQUIRES: not empty
  [[nodiscard]] std::uint32_t next_crashes() const;
  // True where the next one is a bundle, ours or foreign. REQUIRES: not empty
  [[nodiscard]] bool next_is_bundle() const;
  // Where the next one stands among the next ones of other sets of the same age(): the least goes first.
  // REQUIRES: not empty
  using Rank = std::pair<std::int64_t, std::uint64_t>;  // priority, aged; seq or modification time
  [[nodiscard]] Rank next_rank() const;
  [[nodiscard]] Next take();     // REQUIRES: not empty
  void put_back(Next next);      // what was taken from this set or another
  void merge(WaitingSet other);  // adds all of another set; at no cost while this one is empty
  // Appends everything that waits, in no order: the seqs of names of ours, the foreign names as they are.
  void collect(std::vector<std::uint64_t>& seqs, std::vector<std::string>& foreign) const;
  // For people, in linear time: the priority that a name of ours waits with, and what goes before an entry of
  // such a priority and seq, ageing left out.
  [[nodiscard]] std::optional<int> priority_of(std::uint64_t seq) const;
  struct Ahead {
    std::size_t of_better_priority = 0;
    std::size_t of_its_priority = 0;
  };
  [[nodiscard]] Ahead ahead_of(int priority, std::uint64_t seq) const;
  // What the set takes, room for growth included: at most 64 bytes an entry under a plain name of ours, plus
  // a constant.
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  struct Item {
    std::uint64_t order = 0;  // seq, or modification time in ns
    std::uint32_t text = 0;   // index into texts_ plus 1; 0: the name is made from the parts
    std::uint16_t attempts = 0;
    std::uint16_t crashes = 0;
  };
  static_assert(sizeof(Item) == 16);
  static bool later(const Item& a, const Item& b);
  void push(int priority, Item item);
  // A foreign name has no seq before it is claimed; a labelled one of ours has.
  [[nodiscard]] bool is_ours(const Item& item) const;
  [[nodiscard]] std::int64_t aged_priority(std::size_t priority) const;  // REQUIRES: its heap is not empty
  [[nodiscard]] std::size_t next_priority() const;
  std::uint32_t keep_text(std::string text);
  std::string take_text(std::uint32_t place);

  std::array<std::vector<Item>, priority_last + 1> heaps_;  // by priority; 0 unused
  std::vector<std::string> texts_;
  std::vector<std::uint32_t> free_texts_;
  std::size_t size_ = 0;
  std::uint64_t more_in_bundles_ = 0;  // entries beyond one of each bundle
  WallTime aged_at_{};
  std::chrono::nanoseconds ageing_{0};
};

}  // namespace spoold
