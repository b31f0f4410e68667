#include "watched_entries.hpp"

#include <algorithm>

namespace spoold {

WatchedEntries::WatchedEntries(const std::vector<std::string>& typed) {
  entries_.reserve(typed.size());
  for (const auto& text : typed) {
    EntryReference reference(text);
    if (const auto seq = reference.seq()) {
      by_seq_.emplace(*seq, entries_.size());
    } else {
      by_name_.push_back(entries_.size());
    }
    entries_.push_back({std::move(reference), std::nullopt});
  }
}

bool WatchedEntries::is_over(const Watched& entry) {
  if (entry.lost) return true;
  if (!entry.file) return false;
  switch (entry.file->state) {
    case State::pending:
    case State::processing:
    case State::deferred:
      return false;
    default:
      return true;
  }
}

std::size_t WatchedEntries::over() const {
  return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), is_over));
}

void WatchedEntries::note(State state, std::string_view file_name, std::set<const Watched*>& seen) {
  auto name = parse_entry_name(file_name);
  const auto take = [&](Watched& entry) {
    // Of several (a copied file, a name used again) the one counts that is not over yet.
    const bool first = seen.insert(&entry).second;
    if (!first && !is_over(entry)) return;
    entry.file = EntryFile{state, std::string(file_name), name};
  };
  if (name) {
    const auto [from, to] = by_seq_.equal_range(name->seq);
    for (auto found = from; found != to; ++found) take(entries_[found->second]);
  }
  for (const std::size_t index : by_name_) {
    if (entries_[index].reference.is(file_name, name)) take(entries_[index]);
  }
}

Result<void> WatchedEntries::look(QueueView& view) {
  std::set<const Watched*> seen;
  for (const State state : all_states) {
    SPOOLD_TRY(view.each(state, [&](std::string_view file_name) {
      note(state, file_name, seen);
      return true;
    }));
  }
  for (Watched& entry : entries_) {
    const bool missed = !seen.contains(&entry);
    // Done once, it may be archived at any time.
    if (missed && entry.missed && !is_over(entry)) entry.lost = true;
    entry.missed = missed;
  }
  return {};
}

}  // namespace spoold
