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
    std::optional<EntryFile> file;  // where it was last seen; of a line in its bundle: that, and the line
    // Of a bundle that is over: entries that have left it, and are not over, or not well.
    std::uint64_t left_and_not_over = 0;
    std::uint64_t left_and_not_completed = 0;
    bool lost = false;
    bool missed = false;  // by the last look, and not known to be done
  };
  [[nodiscard]] const std::vector<Watched>& all() const { return entries_; }
  [[nodiscard]] std::size_t over() const;  // how many will not move on by themselves
  [[nodiscard]] std::size_t left() const { return entries_.size() - over(); }
  [[nodiscard]] static bool is_over(const Watched& entry);

 private:
  void note(State state, std::string_view file_name, std::set<const Watched*>& seen);
  void note_bundle(State state, std::string_view file_name, const EntryName& name);
  [[nodiscard]] Result<void> look_into_bundles(QueueView& view, std::set<const Watched*>& seen);
  [[nodiscard]] Result<void> look_for_leavers(QueueView& view);
  [[nodiscard]] Result<void> look_once_for_leavers(QueueView& view);

  std::vector<Watched> entries_;
  std::multimap<std::uint64_t, std::size_t> by_seq_;  // index of those whose id is known
  std::vector<std::size_t> by_name_;                  // of the others
  std::vector<EntryFile> bundles_;                    // of this look: those that some of them may be lines of
};

}  // namespace spoold
