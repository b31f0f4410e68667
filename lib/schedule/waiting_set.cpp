#include "schedule/waiting_set.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/ensure.hpp"

namespace spoold {

namespace {

constexpr std::size_t always_kept = 64;  // items of room that are not worth giving back

std::uint16_t saturated(std::uint32_t count) {
  return static_cast<std::uint16_t>(
      std::min<std::uint32_t>(count, std::numeric_limits<std::uint16_t>::max()));
}

std::uint64_t order_of(WallTime modified) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(modified.time_since_epoch().count(), 0));
}

// Gives back room when three eighths or less of it is in use: before, while (old and new side by side) and
// after, there are then at most 64 bytes of 16-byte items for each that waits.
template <class Item>
void give_back_room(std::vector<Item>& heap) {
  if (heap.capacity() <= always_kept || heap.size() * 8 > heap.capacity() * 3) return;
  std::vector<Item> smaller;
  smaller.reserve(heap.capacity() / 2);
  smaller.assign(heap.begin(), heap.end());
  heap.swap(smaller);
}

}  // namespace

bool WaitingSet::later(const Item& a, const Item& b) {
  if (a.order != b.order) return a.order > b.order;
  return a.text > b.text;
}

void WaitingSet::push(int priority, Item item) {
  ensure(priority >= priority_first && priority <= priority_last,
         "a waiting entry has a priority of 1 to 10");
  std::vector<Item>& heap = heaps_[static_cast<std::size_t>(priority)];
  heap.push_back(item);
  std::push_heap(heap.begin(), heap.end(), later);
  ++size_;
}

std::uint32_t WaitingSet::keep_text(std::string text) {
  if (free_texts_.empty()) {
    ensure(texts_.size() < std::numeric_limits<std::uint32_t>::max(), "the kept names can be counted");
    texts_.push_back(std::move(text));
    return static_cast<std::uint32_t>(texts_.size());
  }
  const std::uint32_t place = free_texts_.back();
  free_texts_.pop_back();
  texts_[place - 1] = std::move(text);
  return place;
}

std::string WaitingSet::take_text(std::uint32_t place) {
  std::string text = std::exchange(texts_[place - 1], {});
  free_texts_.push_back(place);
  if (free_texts_.size() == texts_.size()) {
    std::vector<std::string>{}.swap(texts_);
    std::vector<std::uint32_t>{}.swap(free_texts_);
  }
  return text;
}

void WaitingSet::add(const EntryName& name) {
  ensure(!name.due_ms, "what waits in pending/ has no due time");
  Item item{.order = name.seq, .attempts = saturated(name.attempts), .crashes = saturated(name.crashes)};
  if (!name.label.empty() || name.is_bundle()) item.text = keep_text(format_entry_name(name));
  more_in_bundles_ += name.entries() - 1;
  push(name.priority, item);
}

void WaitingSet::add_foreign(std::string file_name, int priority, WallTime modified) {
  Item item{.order = order_of(modified)};
  item.text = keep_text(std::move(file_name));
  push(priority, item);
}

void WaitingSet::age(WallTime now, std::chrono::nanoseconds per_level) {
  aged_at_ = now;
  ageing_ = per_level;
}

std::int64_t WaitingSet::aged_priority(std::size_t priority) const {
  const auto level = static_cast<std::int64_t>(priority);
  if (ageing_.count() <= 0) return level;
  const auto since = static_cast<std::int64_t>(heaps_[priority].front().order);
  const std::int64_t waited = aged_at_.time_since_epoch().count() - since;
  return std::max<std::int64_t>(level - std::max<std::int64_t>(waited, 0) / ageing_.count(), priority_first);
}

std::size_t WaitingSet::next_priority() const {
  ensure(size_ > 0, "something waits when the next is asked for");
  std::size_t best = 0;
  for (std::size_t priority = priority_first; priority <= priority_last; ++priority) {
    if (heaps_[priority].empty()) continue;
    if (best == 0) {
      best = priority;
      if (ageing_.count() <= 0) break;
      continue;
    }
    const auto mine = std::make_pair(aged_priority(priority), heaps_[priority].front().order);
    if (mine < std::make_pair(aged_priority(best), heaps_[best].front().order)) best = priority;
  }
  return best;
}

std::uint32_t WaitingSet::next_crashes() const {
  return heaps_[next_priority()].front().crashes;
}

bool WaitingSet::next_is_bundle() const {
  const std::uint32_t text = heaps_[next_priority()].front().text;
  return text != 0 && is_bundle_file_name(texts_[text - 1]);
}

WaitingSet::Rank WaitingSet::next_rank() const {
  const std::size_t priority = next_priority();
  return {aged_priority(priority), heaps_[priority].front().order};
}

WaitingSet::Next WaitingSet::take() {
  const std::size_t priority = next_priority();
  std::vector<Item>& heap = heaps_[priority];
  std::pop_heap(heap.begin(), heap.end(), later);
  const Item item = heap.back();
  heap.pop_back();
  give_back_room(heap);
  --size_;

  Next next{.file_name = {}, .priority = static_cast<int>(priority), .order = item.order};
  if (item.text != 0) {
    next.file_name = take_text(item.text);
    more_in_bundles_ -= entries_in(next.file_name) - 1;
  } else {
    next.file_name = format_entry_name({.priority = next.priority,
                                        .seq = item.order,
                                        .attempts = item.attempts,
                                        .crashes = item.crashes,
                                        .label = {},
                                        .due_ms = {}});
  }
  return next;
}

void WaitingSet::put_back(Next next) {
  if (const auto name = parse_entry_name(next.file_name); name && !name->due_ms) return add(*name);
  Item item{.order = next.order};
  item.text = keep_text(std::move(next.file_name));
  push(next.priority, item);
}

void WaitingSet::merge(WaitingSet other) {
  if (empty()) {
    *this = std::move(other);
    return;
  }
  while (!other.empty()) put_back(other.take());
}

bool WaitingSet::is_ours(const Item& item) const {
  if (item.text == 0) return true;
  const auto name = parse_entry_name(texts_[item.text - 1]);
  return name && !name->due_ms;
}

void WaitingSet::collect(std::vector<std::uint64_t>& seqs, std::vector<std::string>& foreign) const {
  for (const std::vector<Item>& heap : heaps_) {
    for (const Item& item : heap) {
      if (is_ours(item)) {
        seqs.push_back(item.order);
      } else {
        foreign.push_back(texts_[item.text - 1]);
      }
    }
  }
}

std::optional<int> WaitingSet::priority_of(std::uint64_t seq) const {
  for (std::size_t priority = 0; priority < heaps_.size(); ++priority) {
    for (const Item& item : heaps_[priority]) {
      if (item.order == seq && is_ours(item)) return static_cast<int>(priority);
    }
  }
  return std::nullopt;
}

WaitingSet::Ahead WaitingSet::ahead_of(int priority, std::uint64_t seq) const {
  Ahead ahead;
  const auto own = static_cast<std::size_t>(priority);
  for (std::size_t better = 0; better < own; ++better) ahead.of_better_priority += heaps_[better].size();
  for (const Item& item : heaps_[own]) {
    if (item.order < seq) ++ahead.of_its_priority;
  }
  return ahead;
}

std::size_t WaitingSet::memory_bytes() const {
  std::size_t bytes = sizeof(*this);
  for (const std::vector<Item>& heap : heaps_) bytes += heap.capacity() * sizeof(Item);
  bytes += texts_.capacity() * sizeof(std::string) + free_texts_.capacity() * sizeof(std::uint32_t);
  const std::size_t held_inside = std::string{}.capacity();
  for (const std::string& text : texts_) {
    if (text.capacity() > held_inside) bytes += text.capacity() + 1;
  }
  return bytes;
}

}  // namespace spoold
