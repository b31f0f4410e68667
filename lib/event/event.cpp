#include "event/event.hpp"

#include "entry/entry_name.hpp"

namespace spoold {

namespace {

struct KindOf {
  std::string_view operator()(const event::Started&) const { return "started"; }
  std::string_view operator()(const event::Recovered&) const { return "recovered"; }
  std::string_view operator()(const event::Completed&) const { return "completed"; }
  std::string_view operator()(const event::Deferred&) const { return "deferred"; }
  std::string_view operator()(const event::DeadLettered&) const { return "dead_lettered"; }
  std::string_view operator()(const event::Cancelled&) const { return "cancelled"; }
  std::string_view operator()(const event::Released&) const { return "released"; }
  std::string_view operator()(const event::Condemned&) const { return "condemned"; }
  std::string_view operator()(const event::LaneUnavailable&) const { return "lane_unavailable"; }
  std::string_view operator()(const event::LaneAvailable&) const { return "lane_available"; }
  std::string_view operator()(const event::StorageTrouble&) const { return "storage_trouble"; }
  std::string_view operator()(const event::StorageMended&) const { return "storage_mended"; }
  std::string_view operator()(const event::WatchFallback&) const { return "watch_fallback"; }
  std::string_view operator()(const event::Rescanned&) const { return "rescanned"; }
  std::string_view operator()(const event::BroughtForward&) const { return "brought_forward"; }
  std::string_view operator()(const event::Lingering&) const { return "lingering"; }
  std::string_view operator()(const event::NotTold&) const { return "not_told"; }
  std::string_view operator()(const event::Stopping&) const { return "stopping"; }
  std::string_view operator()(const event::Stopped&) const { return "stopped"; }
};

// error: the daemon cannot do its work. warning: somebody has to look at an entry or a backend. notice: worth
// a line where information is left out.
struct SeverityOf {
  Severity operator()(const event::Started&) const { return Severity::info; }
  Severity operator()(const event::Recovered& event) const {
    if (event.failed > 0) return Severity::warning;
    return event.returned > 0 ? Severity::notice : Severity::debug;
  }
  Severity operator()(const event::Completed&) const { return Severity::info; }
  Severity operator()(const event::Deferred& event) const {
    return event.entry.attempt > 0 ? Severity::notice : Severity::info;
  }
  Severity operator()(const event::DeadLettered&) const { return Severity::warning; }
  Severity operator()(const event::Cancelled&) const { return Severity::notice; }
  Severity operator()(const event::Released&) const { return Severity::info; }
  Severity operator()(const event::Condemned&) const { return Severity::warning; }
  Severity operator()(const event::LaneUnavailable&) const { return Severity::warning; }
  Severity operator()(const event::LaneAvailable&) const { return Severity::notice; }
  Severity operator()(const event::StorageTrouble&) const { return Severity::error; }
  Severity operator()(const event::StorageMended&) const { return Severity::notice; }
  Severity operator()(const event::WatchFallback&) const { return Severity::warning; }
  Severity operator()(const event::Rescanned&) const { return Severity::notice; }
  Severity operator()(const event::BroughtForward&) const { return Severity::notice; }
  Severity operator()(const event::Lingering&) const { return Severity::warning; }
  Severity operator()(const event::NotTold&) const { return Severity::warning; }
  Severity operator()(const event::Stopping&) const { return Severity::info; }
  Severity operator()(const event::Stopped&) const { return Severity::info; }
};

class FieldsOf {
 public:
  EventFields operator()(const event::Started&) { return {}; }
  EventFields operator()(const event::Recovered& event) {
    add("COUNT", event.returned);
    return std::move(fields_);
  }
  EventFields operator()(const event::Completed& event) {
    if (event.count == 1) {
      add(event.first);
    } else {
      add("LANE", event.lane);
    }
    add("OUTCOME", "done");
    add("COUNT", event.count);
    add("DURATION_USEC", event.duration);
    return std::move(fields_);
  }
  EventFields operator()(const event::Deferred& event) {
    add(event.entry);
    if (event.entry.attempt > 0) add("OUTCOME", "retry");
    add("DUE", format_rfc3339(event.due));
    add("REASON", event.reason);
    return std::move(fields_);
  }
  EventFields operator()(const event::DeadLettered& event) {
    add(event.entry);
    add("OUTCOME", "failed");
    add("REASON", event.reason);
    return std::move(fields_);
  }
  EventFields operator()(const event::Cancelled& event) {
    add(event.entry);
    add("OUTCOME", "cancelled");
    add("REASON", event.reason);
    return std::move(fields_);
  }
  EventFields operator()(const event::Released& event) {
    add("LANE", event.lane);
    add("COUNT", event.count);
    add("REASON", event.reason);
    return std::move(fields_);
  }
  EventFields operator()(const event::Condemned& event) {
    add("FILE_NAME", event.file_name);
    add("OUTCOME", "corrupt");
    add("REASON", event.reason);
    return std::move(fields_);
  }
  EventFields operator()(const event::LaneUnavailable& event) {
    add("LANE", event.lane);
    add("OUTCOME", "unavailable");
    add("REASON", event.reason);
    return std::move(fields_);
  }
  EventFields operator()(const event::LaneAvailable& event) {
    add("LANE", event.lane);
    add("DURATION_USEC", event.outage);
    return std::move(fields_);
  }
  EventFields operator()(const event::StorageMended& event) {
    add("DURATION_USEC", event.outage);
    return std::move(fields_);
  }
  EventFields operator()(const event::Rescanned& event) {
    add("COUNT", event.found);
    add("REASON", event.why);
    return std::move(fields_);
  }
  EventFields operator()(const event::BroughtForward& event) {
    add("COUNT", event.count);
    add("DUE", format_rfc3339(event.due));
    return std::move(fields_);
  }
  EventFields operator()(const event::NotTold& event) {
    add("COUNT", event.count);
    add("REASON", event.kind);
    return std::move(fields_);
  }
  EventFields operator()(const event::Lingering& event) {
    add("FILE_NAME", event.file_name);
    return std::move(fields_);
  }
  // StorageTrouble, WatchFallback, Stopping, Stopped: there is nothing but why.
  template <class Event>
  EventFields operator()(const Event& event) {
    add("REASON", event.reason);
    return std::move(fields_);
  }

 private:
  void add(const char* key, std::string_view value) { fields_.emplace_back(key, printable(value)); }
  void add(const char* key, std::uint64_t value) { fields_.emplace_back(key, std::to_string(value)); }
  void add(const char* key, std::chrono::nanoseconds value) {
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(value);
    fields_.emplace_back(key, std::to_string(microseconds.count()));
  }
  void add(const EntryRef& entry) {
    add("ENTRY_ID", entry.id);
    if (!entry.operation.empty()) add("OPERATION", entry.operation);
    if (!entry.lane.empty()) add("LANE", entry.lane);
    if (entry.attempt > 0) add("ATTEMPT", std::uint64_t{entry.attempt});
  }

  EventFields fields_;
};

}  // namespace

std::string_view kind(const Event& event) {
  return std::visit(KindOf{}, event);
}

Severity severity(const Event& event) {
  return std::visit(SeverityOf{}, event);
}

EventFields fields(const Event& event) {
  return std::visit(FieldsOf{}, event);
}

}  // namespace spoold
