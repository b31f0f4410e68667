#include "queue_counts.hpp"

namespace spoold {

namespace {

void keep_earliest(std::optional<WallTime>& kept, WallTime time) {
  if (!kept || time < *kept) kept = time;
}

void count_name(QueueView& view, State state, std::string_view file_name, WallTime now, QueueCounts& counts) {
  const auto name = parse_entry_name(file_name);
  const std::uint64_t here = name ? name->entries() : 1;
  counts.entries[static_cast<std::size_t>(state)] += here;
  if (state == State::deferred && name && name->attempts > 0) ++counts.deferred_for_retry;
  const auto enqueued = name                      ? time_of_seq(name->seq)
                        : state == State::pending ? view.enqueued_at({state, std::string(file_name), {}})
                                                  : std::nullopt;
  if (!enqueued) return;
  if (state == State::pending) keep_earliest(counts.oldest_pending, *enqueued);
  if (name && name->due_ms) keep_earliest(counts.next_due, due_time(*name->due_ms));
  if (*enqueued > now - std::chrono::minutes{1}) counts.enqueued_last_minute += here;
  if (*enqueued > now - std::chrono::hours{1}) counts.enqueued_last_hour += here;
}

}  // namespace

Result<QueueCounts> count_queue(QueueView& view, WallTime now) {
  QueueCounts counts;
  for (const State state : all_states) {
    SPOOLD_TRY(view.each(state, [&](std::string_view file_name) {
      count_name(view, state, file_name, now, counts);
      return true;
    }));
  }
  return counts;
}

Result<std::uint64_t> count_state(QueueView& view, State state) {
  std::uint64_t count = 0;
  SPOOLD_TRY(view.each(state, [&](std::string_view file_name) {
    count += entries_in(file_name);
    return true;
  }));
  return count;
}

}  // namespace spoold
