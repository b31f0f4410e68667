#include "entry_options.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <charconv>

#include "moments.hpp"

namespace spoold {

namespace {

// A number as one; anything else as it is, for make_entry() to refuse.
Json number_or_text(const std::string& text) {
  int number = 0;
  const auto* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end) return number;
  return text;
}

Result<void> put_json(Json& document, const char* field, const std::optional<std::string>& text) {
  if (!text) return {};
  auto value = parse_json(*text);
  if (!value) {
    return Error{ErrorKind::invalid, "--" + std::string(field) + " is no JSON: " + value.error().message()};
  }
  document[field] = std::move(*value);
  return {};
}

Result<void> put_moment(Json& document, const char* field, const char* option,
                        const std::optional<std::string>& text, WallTime now) {
  if (!text) return {};
  const auto time = parse_moment(option, *text, now);
  if (!time) return time.error();
  document[field] = format_rfc3339(*time);
  return {};
}

}  // namespace

void EntryOptions::define(CLI::App& command) {
  const std::string group = "The entry";
  const auto add = [&](const char* names, std::optional<std::string>& value, const char* help,
                       const char* type) {
    command.add_option(names, value, help)->type_name(type)->group(group);
  };
  add("-o,--operation", operation, "what this is; routes choose the backend by it", "NAME");
  add("-p,--priority", priority, "1 (first) to 10 (last), default 5", "1-10");
  add("--sql", sql, "SQL, one or several statements", "TEXT");
  add("--params", params, "values for the SQL: an array for ?, an object for :name", "JSON");
  add("--key", key, "idempotency key: the same key and content takes effect once", "TEXT");
  add("--not-before", not_before, "run no earlier: RFC 3339, or +30m from now", "TIME");
  add("--expires-at", expires_at, "do not run later than this", "TIME");
  add("--metadata", metadata, "an object of your own, carried along", "JSON");
  add("--body", body, "HTTP backends: the request's body", "JSON");
  command.add_option("--arg", arguments, "command backends: an argument; again for more")
      ->type_name("TEXT")
      ->group(group)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add("--stdin-text", standard_input, "command backends: the standard input", "TEXT");
}

bool EntryOptions::any() const {
  for (const auto* option : {&operation, &priority, &sql, &params, &body, &metadata, &key, &not_before,
                             &expires_at, &standard_input}) {
    if (*option) return true;
  }
  return !arguments.empty();
}

Result<Entry> EntryOptions::make(WallTime now) const {
  Json document = Json::object();
  if (operation) document["operation"] = *operation;
  if (priority) document["priority"] = number_or_text(*priority);
  if (sql) document["sql"] = *sql;
  SPOOLD_TRY(put_json(document, "params", params));
  SPOOLD_TRY(put_json(document, "body", body));
  if (!arguments.empty()) document["args"] = arguments;
  if (standard_input) document["stdin"] = *standard_input;
  SPOOLD_TRY(put_json(document, "metadata", metadata));
  if (key) document["key"] = *key;
  SPOOLD_TRY(put_moment(document, "not_before", "--not-before", not_before, now));
  SPOOLD_TRY(put_moment(document, "expires_at", "--expires-at", expires_at, now));
  return make_entry(std::move(document));
}

}  // namespace spoold
