#include "event/event_digest.hpp"

#include <algorithm>

namespace spoold {

namespace {

bool is_of_an_entry(const Event& event) {
  return std::holds_alternative<event::Completed>(event) || std::holds_alternative<event::Deferred>(event) ||
         std::holds_alternative<event::DeadLettered>(event) ||
         std::holds_alternative<event::Cancelled>(event) || std::holds_alternative<event::Released>(event) ||
         std::holds_alternative<event::Condemned>(event);
}

}  // namespace

bool EventDigest::admit(const Event& event, MonotonicTime now) {
  if (!is_of_an_entry(event)) return true;
  const std::chrono::duration<double> passed = now - last_;
  last_ = now;
  lines_left_ = std::min(options_.lines_max, lines_left_ + passed.count() * options_.lines_per_second);
  if (lines_left_ < 1) {
    add(event);
    return false;
  }
  lines_left_ -= 1;
  return true;
}

void EventDigest::add(const Event& event) {
  const auto* completed = std::get_if<event::Completed>(&event);
  if (completed == nullptr) {
    ++others_[std::string(kind(event))];
    return;
  }
  const auto [sum, is_first] = completed_.try_emplace(completed->lane, *completed);
  if (is_first) return;
  sum->second.count += completed->count;
  sum->second.duration += completed->duration;
}

std::vector<Event> EventDigest::take_sums() {
  std::vector<Event> sums;
  for (auto& [lane, sum] : completed_) sums.emplace_back(std::move(sum));
  for (const auto& [kind, count] : others_) sums.emplace_back(event::NotTold{kind, count});
  completed_.clear();
  others_.clear();
  return sums;
}

}  // namespace spoold
