#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "entry_finder.hpp"

namespace spoold {

// Entries that somebody waits for, and where they are, as of the last look.
class WatchedEntries {
 public:
  explicit WatchedEntries(const std::vector<std::string>& typed);

  // Looks through all states once. What is found nowhere twice in a row is lost: it was archived or removed.
  [[nodiscard]] Result<void> look(QueueView& view);

  struct Watched {
    EntryReference reference;
    std::optional<EntryFile> file;  // where it was last seen
    bool lost = false;
    bool missed = false;  // by the last look
  };
  [[nodiscard]] const std::vector<Watched>& all() const { return entries_; }
  [[nodiscard]] std::size_t over() const;  // how many will not move on by themselves
  [[nodiscard]] std::size_t left() const { return entries_.size() - over(); }
  [[nodiscard]] static bool is_over(const Watched& entry);

 private:
  void note(State state, std::string_view file_name, std::set<const Watched*>& seen);

  std::vector<Watched> entries_;
  std::multimap<std::uint64_t, std::size_t> by_seq_;  // index of those whose id is known
  std::vector<std::size_t> by_name_;                  // of the others
};

}  // namespace spoold
