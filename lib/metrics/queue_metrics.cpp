#include "metrics/queue_metrics.hpp"

#include <algorithm>

#include "entry/entry_name.hpp"
#include "metrics/open_metrics.hpp"
#include "store/placing.hpp"

namespace spoold {

namespace {

const Json& member(const Json& object, const char* name) {
  static const Json absent;
  if (!object.is_object()) return absent;
  const auto found = object.find(name);
  return found == object.end() ? absent : *found;
}

std::uint64_t number(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

std::string text(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

double seconds(WallTime time) {
  return static_cast<double>(std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count()) /
         1000;
}

bool stands_for_entry(State state, std::string_view name) {
  if (state == State::corrupt) return !name.starts_with('.') && !is_reason(name);
  return is_entry_file_name(name);
}

void add_entries(const QueueSnapshot& snapshot, OpenMetricsText& out) {
  out.family("spoold_entries", "gauge", "", "Entries in each state's directory.");
  for (const State state : all_states) {
    out.sample({{"state", std::string(to_string(state))}}, snapshot.entries[static_cast<std::size_t>(state)]);
  }
  if (snapshot.oldest_pending) {
    out.family("spoold_oldest_pending_timestamp_seconds", "gauge", "seconds",
               "When the entry was enqueued that waits longest in pending.");
    out.sample({}, seconds(*snapshot.oldest_pending));
  }
  out.family("spoold_pressure", "stateset", "", "How hungry the queue is for work.");
  out.states({}, {"STARVING", "LOW", "BALANCED", "HIGH", "OVERFLOW"}, to_string(snapshot.pressure.level));
  out.family("spoold_produce_wanted", "gauge", "", "How many entries a producer is to make now.");
  out.sample({}, std::uint64_t{snapshot.pressure.produce});
  if (snapshot.free_bytes) {
    out.family("spoold_free_bytes", "gauge", "bytes", "Free space of the queue's file system.");
    out.sample({}, *snapshot.free_bytes);
  }
}

void add_totals(const QueueSnapshot& snapshot, OpenMetricsText& out) {
  struct Total {
    const char* family;
    const char* key;
    const char* help;
  };
  constexpr std::array<Total, 7> families{{
      {"spoold_completed", "completed", "Entries that were done."},
      {"spoold_failed", "failed", "Entries that failed for good."},
      {"spoold_retried", "retried", "Attempts after which an entry was put off to be tried again."},
      {"spoold_released", "released", "Entries given back unharmed: a stop, or a backend that was down."},
      {"spoold_corrupt", "corrupt", "Files set aside because they are no entries."},
      {"spoold_recovered", "recovered", "Entries brought back after the daemon died."},
      {"spoold_starts", "starts", "Starts of the daemon."},
  }};
  const Json& totals = member(snapshot.stats, "totals");
  for (const auto& [family, key, help] : families) {
    out.family(family, "counter", "", help);
    out.sample({}, number(totals, key));
  }
  out.family("spoold_direct_writes", "counter", "",
             "Writes of the shell library straight to the database, since the queue could not be used.");
  out.sample({}, snapshot.direct_writes);
}

void add_daemon(const QueueSnapshot& snapshot, OpenMetricsText& out) {
  out.family("spoold_up", "gauge", "", "1 while a daemon holds the queue.");
  out.sample({}, std::uint64_t{snapshot.daemon_running ? 1U : 0U});
  if (const auto started = parse_rfc3339(text(snapshot.stats, "started_at"))) {
    out.family("spoold_start_time_seconds", "gauge", "seconds", "When the daemon last started.");
    out.sample({}, seconds(*started));
  }
  if (const auto updated = parse_rfc3339(text(snapshot.stats, "updated_at"))) {
    out.family("spoold_last_report_timestamp_seconds", "gauge", "seconds",
               "When the daemon last wrote of itself.");
    out.sample({}, seconds(*updated));
  }
  out.family("spoold_storage_trouble", "gauge", "",
             "1 while claims have stopped because nothing can be written.");
  out.sample({}, std::uint64_t{member(snapshot.stats, "storage").is_object() ? 1U : 0U});
}

void add_lanes(const QueueSnapshot& snapshot, OpenMetricsText& out) {
  const Json& lanes = member(snapshot.stats, "lanes");
  if (!lanes.is_array() || lanes.empty()) return;
  const auto labels = [](const Json& lane) { return OpenMetricsText::Labels{{"lane", text(lane, "name")}}; };
  struct Gauge {
    const char* family;
    const char* key;
    const char* help;
  };
  constexpr std::array<Gauge, 3> gauges{{
      {"spoold_lane_running", "running", "Entries that run in a lane."},
      {"spoold_lane_waiting", "waiting", "Entries that wait for a lane."},
      {"spoold_lane_concurrency", "concurrency", "How many may run in a lane at the same time."},
  }};
  for (const auto& [family, key, help] : gauges) {
    out.family(family, "gauge", "", help);
    for (const Json& lane : lanes) out.sample(labels(lane), number(lane, key));
  }
  out.family("spoold_lane_state", "stateset", "", "Whether a lane may be used.");
  for (const Json& lane : lanes) {
    out.states(labels(lane), {"available", "paused", "unavailable", "probing"}, text(lane, "state"));
  }
}

}  // namespace

Result<QueueSnapshot> take_snapshot(const std::string& queue, const ListState& list,
                                    const PressureOptions& pressure) {
  QueueSnapshot snapshot;
  snapshot.queue = queue;
  std::uint64_t waiting = 0;
  for (const State state : all_states) {
    auto& count = snapshot.entries[static_cast<std::size_t>(state)];
    SPOOLD_TRY(list(state, [&](std::string_view file_name) {
      if (!stands_for_entry(state, file_name)) return true;
      const auto name = parse_entry_name(file_name);
      const std::uint64_t here = name ? name->entries() : 1;  // a bundle counts by its lines
      count += here;
      if (state != State::pending && state != State::deferred) return true;
      if (state == State::pending || (name && name->attempts > 0)) waiting += here;
      if (state != State::pending || !name) return true;
      const WallTime enqueued{std::chrono::nanoseconds{static_cast<std::int64_t>(name->seq)}};
      snapshot.oldest_pending = std::min(snapshot.oldest_pending.value_or(enqueued), enqueued);
      return true;
    }));
  }
  snapshot.pressure = measure_pressure(pressure, waiting);
  return snapshot;
}

std::string format_metrics(const QueueSnapshot& snapshot) {
  OpenMetricsText out{OpenMetricsText::Labels{{"queue", snapshot.queue}}};
  add_entries(snapshot, out);
  add_totals(snapshot, out);
  add_daemon(snapshot, out);
  add_lanes(snapshot, out);
  return std::move(out).finish();
}

}  // namespace spoold
