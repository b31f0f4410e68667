#include "entry_report.hpp"

namespace spoold {

namespace {

std::string last_error(const Entry& entry) {
  const Json& text = entry.field("last_error");
  if (text.is_string()) return text.get<std::string>();
  return text.is_null() ? std::string() : to_text(text);
}

std::string reason_of(const EntryFile& file, const EntryContent& content) {
  if (!content.entry) return content.problem;
  if (file.line > 0) return {};  // what fails leaves its bundle
  // A completed entry's earlier failures are history.
  return file.state == State::completed ? std::string() : last_error(*content.entry);
}

Json time_or_null(const std::optional<WallTime>& time) {
  return time ? Json(format_rfc3339(*time)) : Json();
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

}  // namespace

std::string EntryReport::reference() const {
  const auto id = file.id();
  return id ? format_id(*id) : file.file_name;
}

int EntryReport::priority() const {
  if (file.name) return file.name->priority;
  if (const auto leading = leading_priority(file.file_name)) return *leading;
  return entry && entry->priority ? *entry->priority : priority_default;
}

std::string EntryReport::operation() const {
  return entry ? entry->operation : first_operation;
}

EntryReport report_entry(QueueView& view, EntryFile file) {
  EntryReport report;
  auto content = view.read(file);
  report.reason = reason_of(file, content);
  report.gone = content.gone;
  report.entry = std::move(content.entry);
  if (file.is_bundle()) report.entries = content.entries;
  report.first_operation = std::move(content.first_operation);
  report.enqueued_at = view.enqueued_at(file);
  if (file.name && file.name->due_ms) {
    report.due_at = due_time(*file.name->due_ms);
  }
  report.file = std::move(file);
  return report;
}

Json to_json(const EntryReport& report) {
  const auto& name = report.file.name;
  const auto id = report.file.id();
  Json json{{"id", id ? Json(format_id(*id)) : Json()},
            {"state", to_string(report.file.state)},
            {"file", report.file.file_name},
            {"label", name ? text_or_null(name->label) : Json()},
            {"priority", report.priority()},
            {"attempts", name ? name->attempts : 0},
            {"crashes", name ? name->crashes : 0},
            {"operation", text_or_null(report.operation())},
            {"enqueued_at", time_or_null(report.enqueued_at)},
            {"due_at", time_or_null(report.due_at)},
            {"reason", text_or_null(report.reason)}};
  if (report.file.is_bundle()) json["lines"] = name ? name->entries() : report.entries;
  if (report.file.line > 0) {
    json["bundle"] = format_id(name->seq);
    json["line"] = report.file.line;
  }
  return json;
}

}  // namespace spoold
