#include "backend/http_request.hpp"

#include "backend/http_header.hpp"
#include "backend/http_secret.hpp"
#include "backend/http_signature.hpp"
#include "entry/utf8.hpp"

namespace spoold {

namespace {

Error in_part(const std::string& part, const Error& error) {
  return Error{ErrorKind::invalid, part + ": " + error.context};
}

// Writes header lines; the first fault stays.
class HeaderWriter {
 public:
  explicit HeaderWriter(std::string& target) : target_(target) {}

  void add(std::string_view name, std::string_view value) {
    if (const auto checked = check_header_value(name, value); !checked && fault_) fault_ = checked.error();
    target_.append(name).append(": ").append(value).append("\r\n");
  }
  [[nodiscard]] const Result<void>& fault() const { return fault_; }

 private:
  std::string& target_;
  Result<void> fault_;
};

// What is not in a template: the entry's `body`.
Result<std::string> plain_body(const Json& body, const std::string& content_type) {
  if (body.is_null()) return std::string{};
  if (is_json_type(content_type)) return body.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (body.is_string()) return body.get<std::string>();
  return Error{ErrorKind::invalid, "body: it is no text, and Content-Type is " + content_type +
                                       "; expected a text, or a template"};
}

Result<std::string> make_body(const HttpPlan& plan, const HttpTemplate* body_template,
                              const HttpValues& values, const Attempt& attempt) {
  if (body_template == nullptr) return plain_body(attempt.entry->field("body"), plan.content_type);
  Result<std::string> body = body_template->render(values);
  return body ? body : in_part("template", body.error());
}

Result<HttpUrl> make_url(const HttpPlan& plan, const HttpValues& values) {
  const Result<std::string> text = plan.url.render(values);
  if (!text) return in_part("url", text.error());
  Result<HttpUrl> url = parse_http_url(*text);
  if (!url) return in_part("url", url.error());
  if (const auto why = plan.policy.refuse_host(url->host)) return Error{ErrorKind::invalid, "url: " + *why};
  return url;
}

bool is_set(const HttpPlan& plan, std::string_view name) {
  for (const auto& header : plan.headers) {
    if (same_header_name(header.first, name)) return true;
  }
  return false;
}

Result<void> add_headers(HeaderWriter& writer, const HttpPlan& plan, const HttpFiles& files,
                         const HttpValues& values) {
  if (!is_set(plan, "User-Agent")) writer.add("User-Agent", "spoold/" SPOOLD_VERSION);
  if (!is_set(plan, "Accept")) writer.add("Accept", "*/*");
  // Nothing is ever unpacked, so no small answer becomes a large one.
  if (!is_set(plan, "Accept-Encoding")) writer.add("Accept-Encoding", "identity");
  for (const auto& [name, value] : plan.headers) {
    const Result<std::string> text = value.render(values);
    if (!text) return in_part("headers: " + name, text.error());
    writer.add(name, *text);
  }
  for (const auto& [name, value] : files.headers) writer.add(name, value);
  return {};
}

void add_signature(HeaderWriter& writer, const HttpFiles& files, const std::string& id, WallTime now,
                   const std::string& body) {
  if (files.webhook_keys.empty()) return;
  writer.add("webhook-id", id);
  writer.add("webhook-timestamp", webhook_timestamp(now));
  writer.add("webhook-signature", webhook_signature(files.webhook_keys, id, now, body));
}

Result<void> read_headers(const HttpOptions& options, HttpFiles& files) {
  auto wanted = options.header_files;
  if (!options.authorization_file.empty()) wanted["Authorization"] = options.authorization_file;
  for (const auto& [name, path] : wanted) {
    Result<std::string> value = read_secret(path);
    if (!value) return value.error();
    if (const auto checked = check_header_value(name, *value); !checked)
      return Error{ErrorKind::invalid, "read " + path + ": " + checked.error().context};
    files.headers.emplace_back(name, std::move(*value));
  }
  return {};
}

Result<void> read_webhook_keys(const HttpOptions& options, HttpFiles& files) {
  for (const std::string& path : options.webhook_secret_files) {
    const Result<std::string> secret = read_secret(path);
    if (!secret) return secret.error();
    Result<std::string> key = webhook_key(*secret);
    if (!key) return Error{ErrorKind::invalid, "read " + path + ": " + key.error().context};
    files.webhook_keys.push_back(std::move(*key));
  }
  return {};
}

}  // namespace

Result<const HttpTemplate*> template_at(const std::string& path, const HttpPlan& plan, HttpFiles& files) {
  if (const auto found = files.templates.find(path); found != files.templates.end()) return &found->second;
  const Result<std::string> text = read_request_file(path);
  if (!text) return text.error();
  Result<HttpTemplate> made = parse_body_template(*text, plan.content_type);
  if (!made) return Error{ErrorKind::invalid, "read " + path + ": " + made.error().context};
  return &files.templates.emplace(path, std::move(*made)).first->second;
}

Result<HttpFiles> read_http_files(const HttpOptions& options, const HttpPlan& plan) {
  HttpFiles files;
  SPOOLD_TRY(read_headers(options, files));
  SPOOLD_TRY(read_webhook_keys(options, files));
  if (!options.template_file.empty()) SPOOLD_TRY(template_at(options.template_file, plan, files));
  for (const std::string& path : options.route_template_files) SPOOLD_TRY(template_at(path, plan, files));
  return files;
}

Result<HttpRequest> make_request(const HttpOptions& options, const HttpPlan& plan, const HttpFiles& files,
                                 const HttpTemplate* body_template, const Attempt& attempt, WallTime now) {
  const HttpValues values(attempt);
  HttpRequest request;
  Result<HttpUrl> url = make_url(plan, values);
  if (!url) return url.error();
  request.url = std::move(*url);
  request.expects_body = options.method != "HEAD";

  const bool sends_body = options.method != "GET" && options.method != "HEAD";
  Result<std::string> body{std::string{}};
  if (sends_body) body = make_body(plan, body_template, values, attempt);
  if (!body) return body.error();

  request.bytes = options.method + " " + request.url.target + " HTTP/1.1\r\n";
  HeaderWriter writer(request.bytes);
  writer.add("Host", request.url.authority());
  SPOOLD_TRY(add_headers(writer, plan, files, values));
  writer.add("Idempotency-Key", values.key());
  add_signature(writer, files, values.key(), now, *body);
  if (options.keep_alive.count() == 0) writer.add("Connection", "close");
  if (!body->empty()) writer.add("Content-Type", plan.content_type);
  if (sends_body) writer.add("Content-Length", std::to_string(body->size()));
  if (!writer.fault()) return in_part("headers", writer.fault().error());
  request.bytes += "\r\n";
  request.bytes += *body;
  return request;
}

}  // namespace spoold
