#include "daemon_report.hpp"

#include "daemon_control.hpp"
#include "os/file_lock.hpp"

namespace spoold {

namespace {

constexpr std::uint64_t stats_bytes_max = 1024 * 1024;

const Json& member(const Json& object, const char* name) {
  static const Json absent;
  if (!object.is_object()) return absent;
  const auto found = object.find(name);
  return found == object.end() ? absent : *found;
}

std::string text(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::uint64_t number(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

std::optional<WallTime> time(const Json& object, const char* name) {
  const auto parsed = parse_rfc3339(text(object, name));
  if (!parsed) return std::nullopt;
  return *parsed;
}

std::optional<DaemonReport::PausedBy> read_pause(const Json& pause) {
  if (!pause.is_object()) return std::nullopt;
  return DaemonReport::PausedBy{text(pause, "by"), time(pause, "since"), text(pause, "reason")};
}

DaemonReport::Lane read_lane(const Json& lane) {
  DaemonReport::Lane report;
  report.name = text(lane, "name");
  report.type = text(lane, "type");
  report.state = text(lane, "state");
  report.reason = text(lane, "reason");
  report.since = time(lane, "since");
  report.next_probe_at = time(lane, "next_probe_at");
  report.running = number(lane, "running");
  report.waiting = number(lane, "waiting");
  report.concurrency = number(lane, "concurrency");
  report.paused = read_pause(member(lane, "paused"));
  report.rate = text(lane, "rate");
  report.next_start_at = time(lane, "next_start_at");
  return report;
}

}  // namespace

DaemonReport make_daemon_report(Json document) {
  DaemonReport report;
  report.state = text(document, "state");
  report.watcher = text(document, "watcher");
  report.updated_at = time(document, "updated_at");
  report.started_at = time(document, "started_at");
  if (const Json& totals = member(document, "totals"); totals.is_object()) {
    for (const auto& [name, value] : totals.items()) {
      if (value.is_number_unsigned()) report.totals.emplace_back(name, value.get<std::uint64_t>());
    }
  }
  const Json& last_minute = member(document, "last_minute");
  report.processed_last_minute = number(last_minute, "processed");
  report.failed_last_minute = number(last_minute, "failed");
  if (const Json& storage = member(document, "storage"); storage.is_object()) {
    report.storage = {text(storage, "reason"), time(storage, "since"), time(storage, "next_look_at")};
  }
  if (const Json& lanes = member(document, "lanes"); lanes.is_array()) {
    for (const Json& lane : lanes) {
      if (lane.is_object()) report.lanes.push_back(read_lane(lane));
    }
  }
  if (const Json& running = member(document, "running"); running.is_array()) {
    for (const Json& entry : running) {
      report.running.push_back(
          {text(entry, "id"), text(entry, "operation"), text(entry, "lane"), time(entry, "since")});
    }
  }
  report.document = std::move(document);
  return report;
}

Result<std::optional<DaemonReport>> read_daemon_report(Session& session, const QueueView& view) {
  const auto content = session.files.read(view.queue(), stats_name, stats_bytes_max);
  if (!content) {
    if (content.error().kind == ErrorKind::not_found) return std::optional<DaemonReport>();
    return content.error();
  }
  auto document = parse_json(content->bytes);
  if (!document) return document.error();
  if (!document->is_object()) return Error{ErrorKind::invalid, "not a JSON object"};
  return std::optional(make_daemon_report(std::move(*document)));
}

Result<std::optional<DaemonReport>> latest_daemon_report(Session& session, const QueueView& view) {
  auto answer = ask_daemon(view, control::Status{});
  if (answer) return std::optional(make_daemon_report(std::move(*answer)));
  return read_daemon_report(session, view);
}

Result<pid_t> daemon_pid(const QueueView& view) {
  return FileLock::holder(view.queue().handle, lock_name);
}

}  // namespace spoold
