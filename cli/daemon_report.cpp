#include "daemon_report.hpp"

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

DaemonReport::Lane read_lane(const Json& lane) {
  return {text(lane, "name"),      text(lane, "state"),         text(lane, "reason"),
          time(lane, "since"),     time(lane, "next_probe_at"), number(lane, "running"),
          number(lane, "waiting"), number(lane, "concurrency")};
}

DaemonReport read_report(Json document) {
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
  if (const Json& storage = member(document, "storage"); storage.is_object()) {
    report.storage = {text(storage, "reason"), time(storage, "since"), time(storage, "next_look_at")};
  }
  if (const Json& lanes = member(document, "lanes"); lanes.is_array()) {
    for (const Json& lane : lanes) {
      if (lane.is_object()) report.lanes.push_back(read_lane(lane));
    }
  }
  report.document = std::move(document);
  return report;
}

}  // namespace

Result<std::optional<DaemonReport>> read_daemon_report(Session& session, const QueueView& view) {
  const auto content = session.files.read(view.queue(), stats_name, stats_bytes_max);
  if (!content) {
    if (content.error().kind == ErrorKind::not_found) return std::optional<DaemonReport>();
    return content.error();
  }
  auto document = parse_json(content->bytes);
  if (!document) return document.error();
  if (!document->is_object()) return Error{ErrorKind::invalid, "not a JSON object"};
  return std::optional(read_report(std::move(*document)));
}

Result<pid_t> daemon_pid(const QueueView& view) {
  return FileLock::holder(view.queue().handle, lock_name);
}

}  // namespace spoold
