#include "listing.hpp"

#include <algorithm>
#include <limits>

namespace spoold {

namespace {

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

}  // namespace

std::optional<Listing::Place> Listing::place_of(std::string_view file_name) {
  const EntryFile file{state_, std::string(file_name), parse_entry_name(file_name)};
  const int priority = priority_of(*view_, file);
  if (filter_.priority && priority != *filter_.priority) return std::nullopt;
  Place place;
  place.second = enqueued_ns(*view_, file);
  place.file_name = file.file_name;
  const WallTime enqueued = time_of_seq(place.second);
  if (filter_.enqueued_before && enqueued >= *filter_.enqueued_before) return std::nullopt;
  if (filter_.enqueued_after && enqueued <= *filter_.enqueued_after) return std::nullopt;
  if (newest_first(state_)) {
    place.first = std::numeric_limits<std::uint64_t>::max() - place.second;
  } else if (state_ == State::deferred) {
    place.first = file.name && file.name->due_ms ? static_cast<std::uint64_t>(*file.name->due_ms) : 0;
  } else {
    place.first = static_cast<std::uint64_t>(priority);
  }
  return place;
}

Result<std::vector<std::string>> Listing::next_page(std::size_t count_max) {
  std::vector<Place> kept;  // a heap with the last of the page on top
  std::uint64_t met = 0;
  auto listed = view_->each(state_, [&](std::string_view file_name) {
    auto place = place_of(file_name);
    if (!place || (last_ && *place <= *last_)) return true;
    ++met;
    if (kept.size() == count_max) {
      if (*place >= kept.front()) return true;
      std::pop_heap(kept.begin(), kept.end());
      kept.pop_back();
    }
    kept.push_back(std::move(*place));
    std::push_heap(kept.begin(), kept.end());
    return true;
  });
  if (!listed) return listed.error();
  std::sort_heap(kept.begin(), kept.end());
  left_ = met - kept.size();
  std::vector<std::string> file_names;
  file_names.reserve(kept.size());
  for (const auto& place : kept) file_names.push_back(place.file_name);
  if (!kept.empty()) last_ = std::move(kept.back());
  return file_names;
}

}  // namespace spoold
