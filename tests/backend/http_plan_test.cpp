#include "backend/http_plan.hpp"

#include <catch2/catch.hpp>
#include <functional>

using namespace spoold;

namespace {

// "option: text" of each problem, one a line.
std::string problems(const std::function<void(HttpOptions&)>& change) {
  HttpOptions options;
  options.url = "https://api.example.com/v1";
  change(options);
  std::string text;
  for (const HttpProblem& problem : check_http_options(options))
    text += problem.option + ": " + problem.text + "\n";
  return text;
}

std::string header_problem(const std::string& name, const std::string& value) {
  return problems([&](HttpOptions& options) { options.headers[name] = value; });
}

}  // namespace

TEST_CASE("the defaults and a URL are a good configuration") {
  CHECK(problems([](HttpOptions&) {}).empty());
}

TEST_CASE("a header cannot smuggle in another") {
  for (const char* value : {"a\r\nHost: evil", "a\nb", "a\rb", "a\x7F", "a\x01"}) {
    CHECK(header_problem("X-A", value) ==
          "headers: the value of \"X-A\" holds a line break, a NUL or another control character\n");
  }
  CHECK_FALSE(header_problem("X-A", std::string("a\0b", 3)).empty());
  for (const char* name : {"", "X A", "X-A:", "X-A\r\nHost", "X\xC3\xA9", "(x)"}) {
    CAPTURE(name);
    CHECK(header_problem(name, "a").find("is no name of a header") != std::string::npos);
  }
  CHECK(header_problem("X-A", std::string("a\tb \xC3\xA9")).empty());
}

TEST_CASE("headers that the program writes cannot be set, in any case and from any source") {
  for (const char* name : {"Host", "content-length", "Transfer-Encoding", "CONNECTION", "Idempotency-Key",
                           "webhook-id", "Webhook-Signature", "Expect", "Upgrade", "TE", "Trailer"}) {
    CAPTURE(name);
    CHECK(header_problem(name, "a").find("is written by spoold itself and cannot be set") !=
          std::string::npos);
    CHECK_FALSE(problems([&](HttpOptions& options) { options.header_files[name] = "/secret"; }).empty());
  }
}

TEST_CASE("a header is set once") {
  CHECK_FALSE(problems([](HttpOptions& options) {
                options.headers["authorization"] = "x";
                options.authorization_file = "/secret";
              }).empty());
  CHECK_FALSE(problems([](HttpOptions& options) { options.headers = {{"X-A", "1"}, {"x-a", "2"}}; }).empty());
}

TEST_CASE("a host from the entry needs a list of hosts") {
  const auto with = [](const std::string& url, std::vector<std::string> hosts) {
    return problems([&](HttpOptions& options) {
      options.url = url;
      options.allow_hosts = std::move(hosts);
    });
  };
  CHECK(with("{{url}}", {}) ==
        "url: the host comes from the entry, so allow_hosts must list the hosts that may be called\n");
  CHECK_FALSE(with("https://{{body.host}}/", {}).empty());
  CHECK(with("{{url}}", {"*"}).empty());
  CHECK(with("https://a.example/{{body.x}}", {}).empty());
  CHECK(with("https://a.example/", {"b.example"}) == "url: the host \"a.example\" is not in allow_hosts\n");
  CHECK_FALSE(with("https://127.0.0.1/", {"*"}).empty());
}

TEST_CASE("a method is one that is known, and has a body if one is given") {
  const auto with = [](const std::string& method, const std::string& body) {
    return problems([&](HttpOptions& options) {
      options.method = method;
      options.body = body;
    });
  };
  CHECK(with("PUT", "1").empty());
  CHECK(with("GET", "").empty());
  CHECK_FALSE(with("GET", "1").empty());
  CHECK_FALSE(with("post", "").empty());
  CHECK_FALSE(with("CONNECT", "").empty());
  CHECK_FALSE(with("GET / HTTP/1.1\r\nX: ", "").empty());
}

TEST_CASE("a body template follows its Content-Type") {
  const auto with = [](const std::string& type, const std::string& body) {
    return problems([&](HttpOptions& options) {
      if (!type.empty()) options.headers["Content-Type"] = type;
      options.body = body;
    });
  };
  CHECK_FALSE(with("", "a={{body}}").empty());
  CHECK_FALSE(with("application/ld+json", "a={{body}}").empty());
  CHECK(with("text/plain", "a={{body}}").empty());
  CHECK(with("application/x-www-form-urlencoded", "a={{body.x}}").empty());
  CHECK_FALSE(with("{{body}}", "x").empty());
}

TEST_CASE("options that contradict one another are refused") {
  CHECK_FALSE(problems([](HttpOptions& options) {
                options.body = "1";
                options.template_file = "/t";
              }).empty());
  CHECK_FALSE(problems([](HttpOptions& options) {
                options.receipt_bytes_max = options.response_bytes_max + 1;
              }).empty());
  CHECK_FALSE(problems([](HttpOptions& options) { options.timeout = {}; }).empty());
  CHECK_FALSE(problems([](HttpOptions& options) { options.score = "score"; }).empty());
  CHECK_FALSE(problems([](HttpOptions& options) { options.allow_hosts = {"http://x"}; }).empty());
}
