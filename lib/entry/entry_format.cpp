#include "entry/entry_format.hpp"

#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "entry/utf8.hpp"

namespace spoold {

namespace {

constexpr std::size_t operation_bytes_max = 200;
constexpr std::size_t key_bytes_max = 200;

Error refuse(std::string_view field, std::string_view expected, const Json& found) {
  std::string text = "`" + std::string(field) + "` must be " + std::string(expected) + "; this is ";
  if (found.is_string()) {
    text += excerpt(found.get_ref<const std::string&>());
  } else {
    text += found.is_structured() ? found.type_name() : found.dump();
  }
  return Error{ErrorKind::invalid, std::move(text)};
}

bool has_control_character(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_character(text);
    if (length == 0 || is_control_character(text, length)) return true;
    text.remove_prefix(length);
  }
  return false;
}

bool is_word(const Json& value, std::size_t bytes_max) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return !text.empty() && text.size() <= bytes_max && !has_control_character(text);
}

Result<> read_operation(const Json& value, Entry& entry) {
  if (!is_word(value, operation_bytes_max))
    return refuse("operation", "a string of 1 to 200 bytes without control characters", value);
  entry.operation = value.get_ref<const std::string&>();
  return {};
}

Result<> read_priority(const Json& value, Entry& entry) {
  // Unsigned numbers are integers too, and may be beyond what a signed one holds.
  const bool in_range = value.is_number_integer() && value >= priority_first && value <= priority_last;
  if (!in_range) return refuse("priority", "an integer from 1 (first) to 10 (last)", value);
  entry.priority = value.get<int>();
  return {};
}

Result<> read_key(const Json& value, Entry& entry) {
  if (!is_word(value, key_bytes_max))
    return refuse("key", "a string of 1 to 200 bytes without control characters", value);
  entry.key = value.get_ref<const std::string&>();
  return {};
}

Result<> read_time(std::string_view field, const Json& value, std::optional<WallTime>& time) {
  if (value.is_string()) {
    if (const auto parsed = parse_rfc3339(value.get_ref<const std::string&>())) {
      time = *parsed;
      return {};
    }
  }
  return refuse(field, "a time as in RFC 3339, such as \"2026-01-02T04:42:43Z\"", value);
}

Result<> read_not_before(const Json& value, Entry& entry) {
  return read_time("not_before", value, entry.not_before);
}

Result<> read_expires_at(const Json& value, Entry& entry) {
  return read_time("expires_at", value, entry.expires_at);
}

Result<> check_sql(const Json& value, Entry& /*kept in the document*/) {
  if (!value.is_string()) return refuse("sql", "a string", value);
  return {};
}

Result<> check_params(const Json& value, Entry& /*kept in the document*/) {
  if (!value.is_structured()) return refuse("params", "an array (for ?) or an object (for :name)", value);
  return {};
}

Result<> check_args(const Json& value, Entry& /*kept in the document*/) {
  if (!value.is_array()) return refuse("args", "an array of strings", value);
  for (std::size_t i = 0; i < value.size(); ++i) {
    const Json& argument = value[i];
    if (!argument.is_string() || argument.get_ref<const std::string&>().find('\0') != std::string::npos)
      return refuse("args[" + std::to_string(i) + "]", "a string without NUL", argument);
  }
  return {};
}

Result<> check_metadata(const Json& value, Entry& /*kept in the document*/) {
  if (!value.is_object()) return refuse("metadata", "an object", value);
  return {};
}

struct Field {
  std::string_view name;
  Result<> (*read)(const Json& value, Entry& entry);
};

constexpr std::array<Field, 9> fields{{{"operation", read_operation},
                                       {"sql", check_sql},
                                       {"params", check_params},
                                       {"args", check_args},
                                       {"priority", read_priority},
                                       {"metadata", check_metadata},
                                       {"key", read_key},
                                       {"not_before", read_not_before},
                                       {"expires_at", read_expires_at}}};

Result<Entry> read_fields(Json&& document) {
  if (!document.is_object()) {
    return Error{ErrorKind::invalid,
                 "an entry is one JSON object, such as {\"operation\": \"...\"}; this is " +
                     std::string(document.type_name())};
  }
  Entry entry;
  for (const auto& member : std::as_const(document).get_ref<const Json::object_t&>()) {
    const auto& [name, value] = member;
    for (const Field& field : fields) {
      if (field.name != name) continue;
      if (!value.is_null() || field.read == read_operation) SPOOLD_TRY(field.read(value, entry));
      break;
    }
  }
  if (entry.operation.empty()) {
    return Error{ErrorKind::invalid, "`operation` is missing; it must be a string of 1 to 200 bytes"};
  }
  entry.document = std::move(document);
  return entry;
}

Error unfit(const std::string& reason) {
  return Error{ErrorKind::invalid, reason};
}

Result<> check_utf8(const std::string& text) {
  const std::size_t at = find_invalid_utf8(text);
  if (at == std::string::npos) return {};
  return unfit(excerpt(text) + " is not UTF-8 from its byte " + std::to_string(at) + " on");
}

// What parse_json would refuse in the text of this document.
Result<> check_document(const Json& document) {
  struct Open {
    const Json* value;
    int depth;
  };
  std::vector<Open> open{{&document, 1}};
  while (!open.empty()) {
    const auto [value, depth] = open.back();
    open.pop_back();
    if (value->is_structured() && depth > json_depth_max)
      return unfit("nesting deeper than " + std::to_string(json_depth_max) + " levels");
    if (value->is_binary() || value->is_discarded()) return unfit("a value that JSON does not know");
    if (value->is_number_float() && !std::isfinite(value->get<double>()))
      return unfit("a number that is not finite");
    if (value->is_string()) SPOOLD_TRY(check_utf8(value->get_ref<const std::string&>()));
    if (value->is_array()) {
      for (const Json& element : *value) open.push_back({&element, depth + 1});
    }
    if (value->is_object()) {
      for (const auto& member : value->get_ref<const Json::object_t&>()) {
        SPOOLD_TRY(check_utf8(member.first));
        open.push_back({&member.second, depth + 1});
      }
    }
  }
  return {};
}

std::uint32_t retries_until(std::uint32_t attempt) {
  return attempt > 0 ? attempt - 1 : 0;
}

}  // namespace

Result<Entry> parse_entry(std::string_view bytes) {
  auto document = parse_json(bytes);
  if (!document) return std::move(document).error();
  return read_fields(std::move(*document));
}

Result<Entry> make_entry(Json document) {
  SPOOLD_TRY(check_document(document));
  return read_fields(std::move(document));
}

std::string format_entry(const Entry& entry) {
  // Reasons and receipts quote what other programs said, in any encoding.
  std::string text = entry.document.dump(-1, ' ', false, Json::error_handler_t::replace);
  text += '\n';
  return text;
}

void record_attempt(Entry& entry, const AttemptRecord& record) {
  Json& document = entry.document;
  const std::string reason{cut_utf8(record.reason, reason_bytes_max)};
  document["retries"] = record.again ? record.attempt : retries_until(record.attempt);
  if (!reason.empty()) document["last_error"] = reason;

  Json& attempts = document["attempts"];
  if (!attempts.is_array()) attempts = Json::array();
  attempts.push_back(Json{{"attempt", record.attempt},
                          {"finished_at", format_rfc3339(record.finished_at)},
                          {"outcome", record.outcome},
                          {"reason", reason}});
  if (attempts.size() > attempt_records_max) {
    const auto excess = static_cast<std::ptrdiff_t>(attempts.size() - attempt_records_max);
    attempts.erase(attempts.begin(), attempts.begin() + excess);
  }
}

void record_receipt(Entry& entry, Json receipt, std::uint32_t attempt) {
  entry.document["retries"] = retries_until(attempt);
  entry.document["result"] = std::move(receipt);
}

}  // namespace spoold
