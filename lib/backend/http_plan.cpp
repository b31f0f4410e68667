#include "backend/http_plan.hpp"

#include <algorithm>
#include <array>

#include "backend/http_header.hpp"
#include "backend/http_url.hpp"
#include "entry/utf8.hpp"

namespace spoold {

namespace {

constexpr const char* json_type = "application/json";

using Kind = HttpTemplate::Kind;

class Planner {
 public:
  Planner(const HttpOptions& options, std::vector<HttpProblem>& problems)
      : options_(options), problems_(problems) {}

  HttpPlan make() {
    take("allow_hosts", HttpAddressPolicy::parse(options_.allow_hosts), plan_.policy);
    read_url();
    read_method();
    read_headers();
    read_body();
    take("expect", HttpExpectations::parse(options_.expect), plan_.expectations);
    if (!options_.score.empty()) take("score", JsonPath::parse(options_.score), plan_.score.emplace());
    read_limits();
    return std::move(plan_);
  }

 private:
  void refuse(std::string option, std::string text) {
    problems_.push_back({std::move(option), std::move(text)});
  }

  template <class Value>
  bool take(const char* option, Result<Value> read, Value& target) {
    if (!read) {
      refuse(option, read.error().context);
      return false;
    }
    target = std::move(*read);
    return true;
  }

  void read_url() {
    if (!take("url", HttpTemplate::parse(options_.url, Kind::url), plan_.url)) return;
    if (plan_.url.chooses_host() && options_.allow_hosts.empty())
      refuse("url", "the host comes from the entry, so allow_hosts must list the hosts that may be called");
    if (!plan_.url.is_constant()) return;
    const auto url = parse_http_url(options_.url);
    if (!url) return refuse("url", url.error().context);
    if (const auto why = plan_.policy.refuse_host(url->host)) refuse("url", *why);
  }

  void read_method() {
    static constexpr std::array<std::string_view, 6> methods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    if (std::find(methods.begin(), methods.end(), options_.method) == methods.end())
      refuse("method",
             excerpt(options_.method) + " is no method; expected GET, HEAD, POST, PUT, PATCH or DELETE");
  }

  // Each name once, whatever its case and wherever it is set.
  bool take_name(const std::string& option, const std::string& name) {
    if (const auto checked = check_header_name(name); !checked) {
      refuse(option, checked.error().context);
      return false;
    }
    const bool twice = std::any_of(names_.begin(), names_.end(),
                                   [&](const std::string& other) { return same_header_name(name, other); });
    if (twice) refuse(option, excerpt(name) + " is set twice; remove one");
    names_.push_back(name);
    return true;
  }

  void read_headers() {
    plan_.content_type = json_type;
    for (const auto& [name, value] : options_.headers) {
      if (!take_name("headers", name)) continue;
      HttpTemplate made;
      if (!take("headers", HttpTemplate::parse(value, Kind::plain), made)) continue;
      if (const auto checked = check_header_value(name, value); !checked)
        refuse("headers", checked.error().context);
      if (same_header_name(name, "content-type")) {
        // The body's rules hang on it.
        if (!made.is_constant()) refuse("headers", "Content-Type cannot hold a placeholder");
        plan_.content_type = value;
      } else {
        plan_.headers.emplace_back(name, std::move(made));
      }
    }
    for (const auto& [name, file] : options_.header_files) {
      if (take_name("header_files", name) && same_header_name(name, "content-type"))
        refuse("header_files", "Content-Type is no secret; set it in headers");
    }
    if (!options_.authorization_file.empty()) take_name("authorization_file", "Authorization");
  }

  void read_body() {
    if (!options_.body.empty() && !options_.template_file.empty())
      refuse("template", "body is given too; remove one");
    const bool sends_body = options_.method != "GET" && options_.method != "HEAD";
    if (!sends_body && (!options_.body.empty() || !options_.template_file.empty()))
      refuse("method", options_.method + " sends no body, and one is given; expected POST");
    if (!options_.body.empty())
      take("body", parse_body_template(options_.body, plan_.content_type), plan_.body.emplace());
  }

  void read_limits() {
    if (options_.connect_timeout.count() <= 0) refuse("connect_timeout", "is not above zero");
    if (options_.timeout.count() <= 0) refuse("timeout", "is not above zero");
    if (options_.receipt_bytes_max > options_.response_bytes_max)
      refuse("max_receipt_bytes", "is over max_response_bytes; no more can be kept than is read");
    const HttpVerdict failed = options_.expectation_failed;
    if (failed != HttpVerdict::retry && failed != HttpVerdict::reject)
      refuse("expect_failed", "expected retry or reject");
  }

  const HttpOptions& options_;
  std::vector<HttpProblem>& problems_;
  HttpPlan plan_;
  std::vector<std::string> names_;
};

}  // namespace

Result<HttpTemplate> parse_body_template(std::string_view text, const std::string& content_type) {
  const Kind kind = is_json_type(content_type)   ? Kind::json
                    : is_form_type(content_type) ? Kind::form
                                                 : Kind::plain;
  return HttpTemplate::parse(text, kind);
}

HttpPlan plan_http(const HttpOptions& options, std::vector<HttpProblem>& problems) {
  return Planner(options, problems).make();
}

std::vector<HttpProblem> check_http_options(const HttpOptions& options) {
  std::vector<HttpProblem> problems;
  static_cast<void>(plan_http(options, problems));
  return problems;
}

}  // namespace spoold
