#include "support/http_server_reply.hpp"

#include <algorithm>

namespace spoold::test {

namespace {

using Json = nlohmann::json;
using Then = ServerReply::Then;
using Headers = std::map<std::string, std::string>;

constexpr const char* json_type = "application/json";

ServerReply answer(int status, const std::string& body, const std::string& type, const Headers& more = {}) {
  std::string bytes = "HTTP/1.1 " + std::to_string(status) + " Answer\r\n";
  bytes += "Content-Type: " + type + "\r\n";
  bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  for (const auto& [name, value] : more) bytes += name + ": " + value + "\r\n";
  return {{}, bytes + "\r\n" + body, Then::keep, status};
}

ServerReply status_answer(int status, const Headers& more = {}) {
  return answer(status, Json{{"status", status}}.dump(), json_type, more);
}

// What follows `prefix` in the path.
std::optional<std::string> after(const std::string& path, const std::string& prefix) {
  if (!path.starts_with(prefix)) return std::nullopt;
  return path.substr(prefix.size());
}

std::string echo(const ServerRequest& request) {
  Json headers = Json::object();
  for (const auto& [name, value] : request.headers) headers[name] = value;
  const Json body = Json::parse(request.body, nullptr, false);
  return Json{{"method", request.method},
              {"target", request.target},
              {"headers", headers},
              {"text", request.body},
              {"body", body.is_discarded() ? Json(nullptr) : body}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

// As a model that was told to answer with JSON: a text, and how sure it is of it. Of what is marked as [hard]
// it is not sure at first.
ServerReply chat(const ServerRequest& request, bool first_of_key) {
  const Json asked = Json::parse(request.body, nullptr, false);
  if (!asked.is_object() || !asked.contains("messages") || asked["messages"].empty())
    return answer(400, R"({"error":"messages are missing"})", json_type);
  const std::string prompt = asked["messages"].back().value("content", "");
  const Json content{{"text", "You wrote " + std::to_string(prompt.size()) +
                                  " bytes that begin with: " + prompt.substr(0, 40)},
                     {"score", first_of_key && prompt.find("[hard]") != std::string::npos ? 2 : 8}};
  const Json whole{{"model", asked.value("model", "")},
                   {"message", {{"role", "assistant"}, {"content", content.dump()}}},
                   {"done", true}};
  return answer(200, whole.dump(), json_type);
}

const std::string endless = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n";
const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";

}  // namespace

std::string ServerRequest::header(const std::string& name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? "" : found->second;
}

ServerReply ServerBehaviour::reply_to(const ServerRequest& request) {
  if (request.target == "/control") return control(request);
  ServerReply reply;
  if (control_.contains("status") && !control_["status"].is_null()) {
    const Headers more = control_.value("headers", Headers{});
    reply = status_answer(control_["status"].get<int>(), more);
  } else {
    reply = by_path(request);
  }
  reply.delay += std::chrono::milliseconds{control_.value("delay_ms", 0)};
  return reply;
}

bool ServerBehaviour::holds(const ServerRequest& request) const {
  return request.target != "/control" && control_.value("hold", false);
}

ServerReply ServerBehaviour::control(const ServerRequest& request) {
  Json told = Json::parse(request.body, nullptr, false);
  if (!told.is_object()) return answer(400, R"({"error":"expected an object"})", json_type);
  control_ = std::move(told);
  return answer(200, "{}", json_type);
}

ServerReply ServerBehaviour::by_path(const ServerRequest& request) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  const bool first_of_key = keys_seen_[path].insert(request.header("idempotency-key")).second;
  const bool first_of_path = paths_seen_.insert(path).second;
  if (auto reply = misbehave(path)) return *reply;
  if (path == "/echo") return answer(200, echo(request), json_type);
  if (path == "/chat") return chat(request, first_of_key);
  if (path == "/text") return answer(200, "a text, no JSON", "text/plain; charset=utf-8");
  if (path == "/binary") return answer(200, std::string("\x00\xFF\xFE\x01", 4), "application/octet-stream");
  if (path == "/redirect") return status_answer(302, {{"Location", "/echo"}});
  if (path == "/drop-first") return first_of_key ? ServerReply{{}, "", Then::reset, 0} : status_answer(200);
  if (const auto n = after(path, "/status/")) return status_answer(std::stoi(*n));
  if (const auto n = after(path, "/first/")) return status_answer(first_of_key ? std::stoi(*n) : 200);
  if (const auto n = after(path, "/once-then-")) return status_answer(first_of_path ? 200 : std::stoi(*n));
  if (const auto n = after(path, "/alternate/")) {
    const int well = std::stoi(*n);
    const int ill = std::stoi(n->substr(n->find('/') + 1));
    return status_answer(alternating_++ % (well + ill) < well ? 200 : 503);
  }
  if (const auto n = after(path, "/bytes/"))
    return answer(200, std::string(static_cast<std::size_t>(std::stoul(*n)), 'x'), "text/plain");
  if (const auto ms = after(path, "/delay/")) {
    ServerReply reply = status_answer(200);
    reply.delay = std::chrono::milliseconds{std::stoi(*ms)};
    return reply;
  }
  if (const auto rest = after(path, "/retry-after/")) {
    const std::size_t stroke = rest->find('/');
    std::string when = rest->substr(0, stroke);
    for (std::size_t at = 0; (at = when.find("%20")) != std::string::npos;) when.replace(at, 3, " ");
    return status_answer(stroke == std::string::npos ? 503 : std::stoi(rest->substr(stroke + 1)),
                         {{"Retry-After", when}});
  }
  return status_answer(path == "/" ? 200 : 404);
}

std::optional<ServerReply> ServerBehaviour::misbehave(const std::string& path) const {
  const std::string ok = status_answer(200).bytes;
  const std::map<std::string, ServerReply> ways{
      {"/hang", {{}, "", Then::hang, 0}},
      {"/close-after-read", {{}, "", Then::close, 0}},
      {"/reset-after-read", {{}, "", Then::reset, 0}},
      {"/answer-then-close", {{}, ok, Then::close, 200}},
      {"/partial", {{}, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", Then::close, 200}},
      {"/flood", {{}, endless, Then::flood, 200}},
      {"/slow", {{}, endless, Then::trickle, 200}},
      {"/slow-header", {{}, "HTTP/1.1 200 OK\r\nX-Slow: ", Then::trickle, 200}},
      {"/interim", {{}, interim + ok, Then::keep, 200}},
      {"/interim-flood", {{}, "", Then::inform, 100}},
      {"/huge-header",
       {{}, "HTTP/1.1 200 OK\r\nX-Huge: " + std::string(1'000'000, 'x') + "\r\n\r\n", Then::close, 200}},
      {"/garbage", {{}, "220 mail.example.com ESMTP\r\n\r\n", Then::close, 0}},
  };
  const auto found = ways.find(path);
  return found == ways.end() ? std::nullopt : std::optional{found->second};
}

}  // namespace spoold::test
