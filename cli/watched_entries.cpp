#include "watched_entries.hpp"

#include <algorithm>

#include "entry/bundle.hpp"

namespace spoold {

namespace {

bool moves_on(State state) {
  return state == State::pending || state == State::processing || state == State::deferred;
}

}  // namespace

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
  return entry.file && entry.left_and_not_over == 0 && !moves_on(entry.file->state);
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
  if (name && name->is_bundle()) note_bundle(state, file_name, *name);
  for (const std::size_t index : by_name_) {
    if (entries_[index].reference.is(file_name, name)) take(entries_[index]);
  }
}

void WatchedEntries::note_bundle(State state, std::string_view file_name, const EntryName& name) {
  const auto first = by_seq_.upper_bound(name.seq);
  if (first != by_seq_.end() && first->first <= name.last_seq()) {
    bundles_.push_back({state, std::string(file_name), name});
  }
}

// Lines that were not met as entries of their own. In a bundle that is not over they may be taken for being
// there; else it is looked whether they are.
Result<void> WatchedEntries::look_into_bundles(QueueView& view, std::set<const Watched*>& seen) {
  for (const EntryFile& bundle : bundles_) {
    const bool over = is_over({EntryReference(std::string()), bundle});
    std::set<std::uint32_t> inside;
    if (over) {
      const auto text = view.read_bundle(bundle);
      if (!text && text.error().kind == ErrorKind::not_found) continue;
      if (!text) return text.error();
      BundleLines lines(*text);
      while (const auto line = lines.next()) inside.insert(line->number);
    }
    const auto end = by_seq_.upper_bound(bundle.name->last_seq());
    for (auto found = by_seq_.upper_bound(bundle.name->seq); found != end; ++found) {
      Watched& entry = entries_[found->second];
      EntryFile file = bundle;
      file.line = static_cast<std::uint32_t>(found->first - bundle.name->seq);
      if (seen.contains(&entry) || (over && !inside.contains(file.line))) continue;
      seen.insert(&entry);
      entry.file = std::move(file);
    }
  }
  return {};
}

// A bundle is over when what has left it is, too. What moved from a directory not yet looked at to one
// already seen is there at the second look.
Result<void> WatchedEntries::look_for_leavers(QueueView& view) {
  SPOOLD_TRY(look_once_for_leavers(view));
  const bool agree = std::none_of(entries_.begin(), entries_.end(), [](const Watched& entry) {
    return entry.file && entry.file->is_bundle() && is_over(entry);
  });
  return agree ? Result<void>{} : look_once_for_leavers(view);
}

Result<void> WatchedEntries::look_once_for_leavers(QueueView& view) {
  std::map<std::uint64_t, Watched*> bundles;  // by the last number that each owns
  for (Watched& entry : entries_) {
    entry.left_and_not_over = 0;
    entry.left_and_not_completed = 0;
    const bool bundle = entry.file && entry.file->is_bundle() && entry.file->name;
    if (bundle && is_over(entry)) bundles.emplace(entry.file->name->last_seq(), &entry);
  }
  if (bundles.empty()) return {};
  for (const State state : all_states) {
    if (state == State::completed) continue;
    const bool waits = moves_on(state);
    SPOOLD_TRY(view.each(state, [&](std::string_view file_name) {
      const auto name = parse_entry_name(file_name);
      if (!name || name->is_bundle()) return true;
      const auto owner = bundles.lower_bound(name->seq);
      if (owner == bundles.end() || !owner->second->file->name->owns(name->seq)) return true;
      ++(waits ? owner->second->left_and_not_over : owner->second->left_and_not_completed);
      return true;
    }));
  }
  return {};
}

Result<void> WatchedEntries::look(QueueView& view) {
  std::set<const Watched*> seen;
  bundles_.clear();
  for (const State state : all_states) {
    SPOOLD_TRY(view.each(state, [&](std::string_view file_name) {
      note(state, file_name, seen);
      return true;
    }));
  }
  SPOOLD_TRY(look_into_bundles(view, seen));
  SPOOLD_TRY(look_for_leavers(view));
  for (Watched& entry : entries_) {
    // Done once, it may be archived at any time, a bundle also before what has left it is over.
    const bool done = entry.file && !moves_on(entry.file->state);
    const bool missed = !seen.contains(&entry) && !done;
    if (missed && entry.missed) entry.lost = true;
    entry.missed = missed;
  }
  return {};
}

}  // namespace spoold
