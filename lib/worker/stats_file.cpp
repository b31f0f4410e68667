#include "worker/stats_file.hpp"

#include <unistd.h>

#include "entry/json.hpp"

namespace spoold {

namespace {

constexpr std::uint64_t stats_bytes_max = 1024 * 1024;
constexpr const char* staging_name = "stats.json.new";

// The time of day of a moment in memory.
std::string wall_text(MonotonicTime moment, MonotonicTime now, WallTime wall_now) {
  return format_rfc3339(wall_now + (moment - now));
}

Json routes_report(const LaneQueue& waiting) {
  Json routes = Json::array();
  for (const LaneQueue::RatedRoute& route : waiting.rated_routes()) {
    routes.push_back(
        {{"operation", route.operation}, {"rate", format_rate(route.rate)}, {"waiting", route.waiting}});
  }
  return routes;
}

// Nothing where it is not paused.
Json pause_report(const Lane& lane, const Dispatcher& dispatcher) {
  if (const Pause* pause = dispatcher.pauses().of(lane.name)) {
    return Json{{"by", pause->by}, {"since", format_rfc3339(pause->since)}, {"reason", pause->reason}};
  }
  if (lane.paused) return Json{{"by", "the configuration"}, {"since", nullptr}, {"reason", ""}};
  return nullptr;
}

const char* breaker_word(const Lane& lane, MonotonicTime now) {
  switch (lane.breaker.position(now)) {
    case CircuitBreaker::Position::closed:
      return "closed";
    case CircuitBreaker::Position::open:
      return "open";
    case CircuitBreaker::Position::half_open:
      return "half_open";
  }
  return "closed";
}

Json storage_report(const StorageGuard& storage, MonotonicTime now, WallTime wall_now) {
  if (!storage.trouble()) return nullptr;
  return Json{{"reason", storage.trouble()->reason},
              {"since", format_rfc3339(storage.trouble()->since)},
              {"next_look_at", wall_text(storage.next_look(), now, wall_now)},
              {"held", storage.held()}};
}

std::uint64_t number(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

}  // namespace

Json make_lane_stats(const Lane& lane, const Dispatcher& dispatcher, MonotonicTime now, WallTime wall_now) {
  const bool paused = dispatcher.is_paused(lane);
  Json report{{"name", lane.name},
              {"type", lane.type},
              {"state", "available"},
              {"running", lane.running},
              {"waiting", lane.waiting.entries()},
              {"concurrency", lane.backend->concurrency()},
              {"paused", pause_report(lane, dispatcher)},
              {"breaker", breaker_word(lane, now)}};
  if (lane.rate) report["rate"] = format_rate(*lane.rate);
  if (Json routes = routes_report(lane.waiting); !routes.empty()) report["routes"] = std::move(routes);
  if (lane.starts && !lane.starts->allows(now)) {
    report["next_start_at"] = wall_text(lane.starts->next_allowed(now), now, wall_now);
  }
  if (paused) report["state"] = "paused";
  if (!lane.outage) return report;
  if (!paused)
    report["state"] =
        lane.breaker.position(now) == CircuitBreaker::Position::open ? "unavailable" : "probing";
  report["reason"] = lane.outage->reason;
  report["since"] = format_rfc3339(lane.outage->since);
  report["next_probe_at"] = wall_text(lane.breaker.open_until(), now, wall_now);
  return report;
}

Json make_stats(const StatsReport& report, const Dispatcher& dispatcher, MonotonicTime now) {
  Json lanes = Json::array();
  for (const auto& lane : dispatcher.lanes()) {
    lanes.push_back(make_lane_stats(*lane, dispatcher, now, report.updated_at));
  }
  return Json{
      {"format", 1},
      {"pid", ::getpid()},
      {"updated_at", format_rfc3339(report.updated_at)},
      {"started_at", format_rfc3339(report.started_at)},
      {"state", report.state},
      {"watcher", report.watcher},
      {"pending", dispatcher.waiting_entries()},
      {"processing", dispatcher.running() + dispatcher.held()},
      {"deferred", report.deferred},
      {"totals",
       {{"completed", report.totals.completed},
        {"failed", report.totals.failed},
        {"retried", report.totals.retried},
        {"released", report.totals.released},
        {"corrupt", report.totals.corrupt},
        {"recovered", report.totals.recovered},
        {"starts", report.totals.starts}}},
      {"last_minute", {{"processed", report.processed_last_minute}, {"failed", report.failed_last_minute}}},
      {"storage", storage_report(dispatcher.storage(), now, report.updated_at)},
      {"lanes", std::move(lanes)}};
}

std::string format_stats(const Json& stats) {
  return stats.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Counters read_totals(FileSystem& files, const QueueLayout& layout) {
  const auto content = files.read(layout.queue(), stats_name, stats_bytes_max);
  if (!content) return {};
  const auto stats = parse_json(content->bytes);
  if (!stats || !stats->is_object()) return {};
  const auto totals = stats->find("totals");
  if (totals == stats->end() || !totals->is_object()) return {};
  return Counters{.completed = number(*totals, "completed"),
                  .failed = number(*totals, "failed"),
                  .retried = number(*totals, "retried"),
                  .released = number(*totals, "released"),
                  .corrupt = number(*totals, "corrupt"),
                  .recovered = number(*totals, "recovered"),
                  .starts = number(*totals, "starts")};
}

Result<void> write_stats(FileSystem& files, const QueueLayout& layout, const std::string& text) {
  // Left over from a crash amid this very write.
  if (const auto removed = files.remove(layout.staging(), staging_name);
      !removed && removed.error().kind != ErrorKind::not_found) {
    return removed.error();
  }
  SPOOLD_TRY(files.write_new(layout.staging(), staging_name, text, 0600, Durability::unsynced));
  return files.rename_over(layout.staging(), staging_name, layout.queue(), stats_name);
}

}  // namespace spoold
