#include "queue_status.hpp"

#include <algorithm>

#include "config/config.hpp"
#include "direct_writes.hpp"

namespace spoold {

namespace {

Json time_or_null(const std::optional<WallTime>& time) {
  return time ? Json(format_rfc3339(*time)) : Json();
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json pauses_json(const Pauses& pauses) {
  if (pauses.empty()) return {};
  auto json = parse_json(format_pauses(pauses));
  return json ? std::move(*json) : Json();
}

}  // namespace

std::vector<std::pair<std::string, std::uint64_t>> QueueStatus::totals() const {
  std::vector<std::pair<std::string, std::uint64_t>> kept;
  if (report) kept = report->totals;
  const auto of = [&](std::string_view name) -> std::uint64_t {
    const auto found =
        std::find_if(kept.begin(), kept.end(), [&](const auto& each) { return each.first == name; });
    return found == kept.end() ? 0 : found->second;
  };
  const auto processed = of("completed") + of("failed");
  const auto waiting = counts.of(State::pending) + counts.of(State::processing) + counts.of(State::deferred);
  std::vector<std::pair<std::string, std::uint64_t>> all{
      {"enqueued", processed + of("corrupt") + waiting + counts.of(State::cancelled)},
      {"processed", processed}};
  all.insert(all.end(), kept.begin(), kept.end());
  all.emplace_back("direct", direct_writes);
  return all;
}

std::uint64_t QueueStatus::processed_last_minute() const {
  return daemon != 0 && report ? report->processed_last_minute : 0;
}

Result<QueueStatus> look_at_queue(Session& session, QueueView& view) {
  QueueStatus status;
  status.queue = view.path();
  status.now = session.clock.wall_now();
  auto counts = count_queue(view, status.now);
  if (!counts) return counts.error();
  status.counts = *counts;
  status.pressure =
      measure_pressure(session.config->pressure, counts->of(State::pending) + counts->deferred_for_retry);
  status.direct_writes = count_direct_writes(session, view);
  const auto pid = daemon_pid(view);
  if (!pid) return session.explain_open(pid.error());
  status.daemon = *pid;
  auto report = latest_daemon_report(session, view);
  if (report) {
    status.report = std::move(*report);
  } else {
    status.report_problem = report.error().message();
  }
  auto pauses = read_pauses(session.files, view.queue());
  if (pauses) {
    status.pauses = std::move(*pauses);
  } else {
    status.pauses_problem = pauses.error().message();
  }
  return status;
}

Json to_json(const QueueStatus& status) {
  Json counts = Json::object();
  for (const State state : all_states) counts[std::string(to_string(state))] = status.counts.of(state);
  Json totals = Json::object();
  for (const auto& [name, count] : status.totals()) totals[name] = count;
  return Json{{"queue", status.queue},
              {"counts", counts},
              {"oldest_pending_at", time_or_null(status.counts.oldest_pending)},
              {"next_due_at", time_or_null(status.counts.next_due)},
              {"enqueued_last_minute", status.counts.enqueued_last_minute},
              {"enqueued_last_hour", status.counts.enqueued_last_hour},
              {"processed_last_minute", status.processed_last_minute()},
              {"totals", totals},
              {"level", to_string(status.pressure.level)},
              {"produce", status.pressure.produce},
              {"direct_writes", status.direct_writes},
              {"daemon",
               {{"running", status.daemon != 0}, {"pid", status.daemon != 0 ? Json(status.daemon) : Json()}}},
              {"paused", pauses_json(status.pauses)},
              {"report", status.report ? status.report->document : Json()},
              {"report_problem", text_or_null(status.report_problem)}};
}

}  // namespace spoold
