#include "control/protocol.hpp"

#include <array>

#include "base/ensure.hpp"
#include "entry/entry_name.hpp"

namespace spoold {

namespace {

Error refuse(std::string what) {
  return {ErrorKind::invalid, "control request: " + std::move(what)};
}

// The members of a request, of which each must be asked for.
class Members {
 public:
  explicit Members(const Json& json) : json_(json) {}

  [[nodiscard]] Result<std::string> text(const char* name, std::size_t bytes_max) {
    ++taken_;
    const auto found = json_.find(name);
    if (found == json_.end()) return refuse("\"" + std::string(name) + "\" is missing");
    if (!found->is_string()) return refuse("\"" + std::string(name) + "\" must be a string");
    auto text = found->get<std::string>();
    if (text.size() <= bytes_max) return text;
    return refuse("\"" + std::string(name) + "\" may have " + std::to_string(bytes_max) + " bytes at most");
  }

  [[nodiscard]] Result<std::uint64_t> id() {
    constexpr std::size_t id_bytes_max = 40;
    const auto typed = text("id", id_bytes_max);
    if (!typed) return typed.error();
    const auto seq = parse_id(*typed);
    if (!seq) return refuse("\"id\" must be the digits of an entry's id, and is '" + printable(*typed) + "'");
    return *seq;
  }

  [[nodiscard]] Result<void> no_more() const {
    if (json_.size() == taken_) return {};
    return refuse("it holds members that this request does not take");
  }

 private:
  const Json& json_;
  std::size_t taken_ = 0;
};

template <class Request>
Result<ControlRequest> finish(const Members& members, Request request) {
  if (auto done = members.no_more(); !done) return done.error();
  return ControlRequest{std::move(request)};
}

Result<ControlRequest> parse_cancel(Members& members) {
  const auto seq = members.id();
  if (!seq) return seq.error();
  auto by = members.text("by", control_name_bytes_max);
  if (!by) return by.error();
  return finish(members, control::Cancel{*seq, std::move(*by)});
}

Result<ControlRequest> parse_explain(Members& members) {
  const auto seq = members.id();
  if (!seq) return seq.error();
  return finish(members, control::Explain{*seq});
}

struct Format {
  Json operator()(const control::Status&) const { return {{"request", "status"}}; }
  Json operator()(const control::Cancel& cancel) const {
    ensure(cancel.by.size() <= control_name_bytes_max, "the name of who cancels is short enough");
    return {{"request", "cancel"}, {"id", format_id(cancel.seq)}, {"by", cancel.by}};
  }
  Json operator()(const control::RereadPauses&) const { return {{"request", "pauses"}}; }
  Json operator()(const control::Explain& explain) const {
    return {{"request", "explain"}, {"id", format_id(explain.seq)}};
  }
};

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

constexpr std::array all_kinds{ErrorKind::not_found,      ErrorKind::exists,
                               ErrorKind::busy,           ErrorKind::no_space,
                               ErrorKind::read_only,      ErrorKind::no_permission,
                               ErrorKind::too_many_files, ErrorKind::out_of_memory,
                               ErrorKind::wrong_type,     ErrorKind::too_large,
                               ErrorKind::invalid,        ErrorKind::gone,
                               ErrorKind::unknown,        ErrorKind::io};

ErrorKind kind_of(std::string_view word) {
  for (const ErrorKind kind : all_kinds) {
    if (to_string(kind) == word) return kind;
  }
  return ErrorKind::io;
}

}  // namespace

Result<ControlRequest> parse_control_request(std::string_view line) {
  if (line.size() > control_request_bytes_max) {
    return Error{ErrorKind::too_large,
                 "control request: over " + std::to_string(control_request_bytes_max) + " bytes"};
  }
  const auto json = parse_json(line);
  if (!json) return refuse(json.error().message());
  if (!json->is_object()) return refuse("it must be an object, as {\"request\":\"status\"}");
  Members members(*json);
  const auto request = members.text("request", control_name_bytes_max);
  if (!request) return request.error();
  if (*request == "status") return finish(members, control::Status{});
  if (*request == "cancel") return parse_cancel(members);
  if (*request == "pauses") return finish(members, control::RereadPauses{});
  if (*request == "explain") return parse_explain(members);
  return refuse("no request '" + printable(*request) + "'; there are status, cancel, pauses and explain");
}

std::string format_control_request(const ControlRequest& request) {
  return line_of(std::visit(Format{}, request));
}

std::string format_control_answer(const Json& members) {
  Json answer{{"ok", true}};
  answer.update(members);
  return line_of(answer);
}

std::string format_control_refusal(const Error& error) {
  return line_of({{"ok", false}, {"kind", to_string(error.kind)}, {"error", error.message()}});
}

Result<Json> parse_control_answer(std::string_view line) {
  auto json = parse_json(line);
  if (!json) return Error{ErrorKind::invalid, "the daemon's answer is no JSON: " + json.error().message()};
  const auto ok = json->is_object() ? json->find("ok") : json->end();
  if (!json->is_object() || ok == json->end() || !ok->is_boolean()) {
    return Error{ErrorKind::invalid, "the daemon's answer lacks \"ok\""};
  }
  if (ok->get<bool>()) {
    json->erase("ok");
    return Result<Json>{boost::system::in_place_value, std::move(*json)};
  }
  const auto text = [&](const char* name) {
    const auto found = json->find(name);
    return found != json->end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  return Error{kind_of(text("kind")), text("error")};
}

}  // namespace spoold
