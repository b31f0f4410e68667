#include "listing.hpp"

#include <algorithm>
#include <limits>

namespace spoold {

namespace {

struct Item {
  std::uint64_t first = 0;  // what is compared first; the smaller comes first
  std::uint64_t second = 0;
  std::string file_name;

  friend auto operator<=>(const Item&, const Item&) = default;
};

bool newest_first(State state) {
  switch (state) {
    case State::completed:
    case State::failed:
    case State::cancelled:
    case State::corrupt:
      return true;
    default:
      return false;
  }
}

int priority_of(QueueView& view, const EntryFile& file) {
  if (file.name) return file.name->priority;
  if (const auto leading = leading_priority(file.file_name)) return *leading;
  const auto content = view.read(file);
  return content.entry && content.entry->priority ? *content.entry->priority : priority_default;
}

std::uint64_t enqueued_ns(QueueView& view, const EntryFile& file) {
  if (file.name) return file.name->seq;
  const auto time = view.enqueued_at(file);
  return time ? static_cast<std::uint64_t>(std::max<std::int64_t>(0, time->time_since_epoch().count())) : 0;
}

Item place(QueueView& view, const EntryFile& file, int priority) {
  Item item;
  item.second = enqueued_ns(view, file);
  item.file_name = file.file_name;
  if (newest_first(file.state)) {
    item.first = std::numeric_limits<std::uint64_t>::max() - item.second;
  } else if (file.state == State::deferred) {
    item.first = file.name && file.name->due_ms ? static_cast<std::uint64_t>(*file.name->due_ms) : 0;
  } else {
    item.first = static_cast<std::uint64_t>(priority);
  }
  return item;
}

}  // namespace

Result<Listing> list_entries(QueueView& view, State state, std::optional<int> priority,
                             std::size_t keep_max) {
  Listing listing;
  std::vector<Item> kept;  // a heap with the last of the first keep_max on top
  SPOOLD_TRY(view.each(state, [&](std::string_view file_name) {
    const EntryFile file{state, std::string(file_name), parse_entry_name(file_name)};
    const int its_priority = priority_of(view, file);
    if (priority && its_priority != *priority) return true;
    ++listing.total;
    auto item = place(view, file, its_priority);
    if (kept.size() == keep_max) {
      if (keep_max == 0 || item >= kept.front()) return true;
      std::pop_heap(kept.begin(), kept.end());
      kept.pop_back();
    }
    kept.push_back(std::move(item));
    std::push_heap(kept.begin(), kept.end());
    return true;
  }));
  std::sort_heap(kept.begin(), kept.end());
  listing.file_names.reserve(kept.size());
  for (auto& item : kept) listing.file_names.push_back(std::move(item.file_name));
  return listing;
}

}  // namespace spoold
