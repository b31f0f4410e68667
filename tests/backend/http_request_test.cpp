#include "backend/http_request.hpp"

#include <catch2/catch.hpp>
#include <functional>

#include "entry/entry_format.hpp"
#include "support/print_result.hpp"
#include "support/temp_directory.hpp"

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

namespace {

const WallTime now{1'767'328'963s};

// The bytes of the request for an entry, or why there is none.
std::string request(const std::string& document, const std::function<void(HttpOptions&)>& change = {}) {
  HttpOptions options;
  options.url = "http://api.example.com:8080/v1";
  if (change) change(options);
  std::vector<HttpProblem> problems;
  const HttpPlan plan = plan_http(options, problems);
  for (const HttpProblem& problem : problems) FAIL(problem.option + ": " + problem.text);
  auto files = read_http_files(options, plan);
  if (!files) return "files: " + files.error().message();
  const Entry entry = *parse_entry(document);
  EntryName name;
  name.seq = 42;
  name.attempts = 1;
  Attempt attempt;
  attempt.entry = &entry;
  attempt.name = &name;
  const HttpTemplate* body = plan.body ? &*plan.body : nullptr;
  if (!options.template_file.empty()) body = &files->templates.at(options.template_file);
  const auto made = make_request(options, plan, *files, body, attempt, now);
  return made ? made->bytes : "refused: " + made.error().context;
}

bool has_line(const std::string& bytes, const std::string& line) {
  return bytes.find("\r\n" + line + "\r\n") != std::string::npos;
}

std::string body_of(const std::string& bytes) {
  return bytes.substr(bytes.find("\r\n\r\n") + 4);
}

std::function<void(HttpOptions&)> type(const std::string& content_type) {
  return [=](HttpOptions& options) { options.headers["Content-Type"] = content_type; };
}

}  // namespace

TEST_CASE("a request is the entry's body as JSON, under a key that never changes") {
  CHECK(request(R"({"operation":"a","body":{"x":[1, 2.5]}})") ==
        "POST /v1 HTTP/1.1\r\n"
        "Host: api.example.com:8080\r\n"
        "User-Agent: spoold/" SPOOLD_VERSION
        "\r\n"
        "Accept: */*\r\n"
        "Accept-Encoding: identity\r\n"
        "Idempotency-Key: 00000000000000000042\r\n"
        "Content-Type: application/json\r\n"
        "Content-Length: 13\r\n"
        "\r\n"
        "{\"x\":[1,2.5]}");
}

TEST_CASE("the producer's key is the Idempotency-Key") {
  CHECK(has_line(request(R"({"operation":"a","key":"order-7"})"), "Idempotency-Key: order-7"));
  CHECK(request(R"({"operation":"a","key":"order-7 "})").starts_with("refused: headers: the value of"));
}

TEST_CASE("no body is no body") {
  const std::string bytes = request(R"({"operation":"a"})");
  CHECK(has_line(bytes, "Content-Length: 0"));
  CHECK(bytes.find("Content-Type") == std::string::npos);
  const std::string get = request(R"({"operation":"a","body":1})", [](HttpOptions& o) { o.method = "GET"; });
  CHECK(get.starts_with("GET /v1 HTTP/1.1\r\n"));
  CHECK(get.find("Content-Length") == std::string::npos);
  CHECK(body_of(get).empty());
}

TEST_CASE("a text is sent as it is where the type is not JSON, and as JSON where it is") {
  CHECK(body_of(request(R"({"operation":"a","body":"x\ny"})")) == R"("x\ny")");
  CHECK(body_of(request(R"({"operation":"a","body":"x\ny"})", type("text/plain"))) == "x\ny");
  CHECK(request(R"({"operation":"a","body":{"x":1}})", type("text/plain")) ==
        "refused: body: it is no text, and Content-Type is text/plain; expected a text, or a template");
}

TEST_CASE("headers take placeholders, and no value begins a header of its own") {
  const auto with_tenant = [](HttpOptions& options) { options.headers["X-Tenant"] = "t-{{metadata.t}}"; };
  CHECK(has_line(request(R"({"operation":"a","metadata":{"t":"7"}})", with_tenant), "X-Tenant: t-7"));
  for (const char* value : {R"(a\r\nHost: evil)", R"(a\nb)", R"(\u0000)", R"(a\r)"}) {
    CHECK(
        request(R"({"operation":"a","metadata":{"t":")" + std::string{value} + "\"}}", with_tenant) ==
        "refused: headers: the value of \"X-Tenant\" holds a line break, a NUL or another control character");
  }
  CHECK(request(R"({"operation":"a"})", with_tenant) ==
        "refused: headers: X-Tenant: {{metadata.t}} is not in the entry");
}

TEST_CASE("an entry may choose the host only among those that are allowed") {
  const auto anywhere = [](HttpOptions& options) {
    options.url = "{{url}}";
    options.allow_hosts = {"hooks.example.com", "10.0.0.0/8"};
  };
  const auto to = [&](const std::string& url) {
    return request(R"({"operation":"a","url":")" + url + "\"}", anywhere);
  };
  CHECK(has_line(to("https://hooks.example.com/x"), "Host: hooks.example.com"));
  CHECK(has_line(to("http://10.1.2.3/x"), "Host: 10.1.2.3"));
  CHECK(to("https://evil.example/") == "refused: url: the host \"evil.example\" is not in allow_hosts");
  for (const char* url :
       {"http://127.0.0.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://0x7f.1/",
        "http://169.254.169.254/latest", "file:///etc/passwd", "http://hooks.example.com@evil.example/",
        "https://hooks.example.com\\r\\n.evil.example/", "gopher://hooks.example.com/"}) {
    CAPTURE(url);
    CHECK(to(url).starts_with("refused: url: "));
  }
}

TEST_CASE("secrets come from files, relative ones from the directory of credentials") {
  const TempDirectory directory;
  directory.write("token", "Bearer abc\n");
  directory.write("key", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
  const std::string absolute = request(R"({"operation":"a","body":1})", [&](HttpOptions& options) {
    options.authorization_file = directory / "token";
    options.webhook_secret_files = {directory / "key", directory / "key"};
  });
  CHECK(has_line(absolute, "Authorization: Bearer abc"));
  CHECK(has_line(absolute, "webhook-id: 00000000000000000042"));
  CHECK(has_line(absolute, "webhook-timestamp: 1767328963"));
  const std::size_t signature = absolute.find("webhook-signature: v1,");
  REQUIRE(signature != std::string::npos);
  CHECK(absolute.find(" v1,", signature + 22) != std::string::npos);

  const auto relative = [&](HttpOptions& options) { options.header_files["X-Api-Key"] = "token"; };
  ::unsetenv("CREDENTIALS_DIRECTORY");
  CHECK(request(R"({"operation":"a"})", relative).find("there is no $CREDENTIALS_DIRECTORY") !=
        std::string::npos);
  ::setenv("CREDENTIALS_DIRECTORY", directory.path().c_str(), 1);
  CHECK(has_line(request(R"({"operation":"a"})", relative), "X-Api-Key: Bearer abc"));
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST_CASE("a secret that is missing, empty or would break a header is said by its file") {
  const TempDirectory directory;
  directory.write("empty", "\n");
  directory.write("two", "a\nb\n");
  const auto with = [&](const std::string& name) {
    return request(R"({"operation":"a"})",
                   [&](HttpOptions& options) { options.authorization_file = directory / name; });
  };
  CHECK(with("missing").find("missing") != std::string::npos);
  CHECK(with("empty").find("expected a secret") != std::string::npos);
  CHECK(with("two").find("holds a line break") != std::string::npos);
  CHECK(with("two").find("a\nb") == std::string::npos);
}

TEST_CASE("a template at a relative path lies where the process stands") {
  const std::string refused = request(
      R"({"operation":"a"})", [](HttpOptions& options) { options.template_file = "no/such/template"; });
  CHECK(refused.find("no/such/template") != std::string::npos);
  CHECK(refused.find("CREDENTIALS") == std::string::npos);
}

TEST_CASE("a body is made by the template in a file") {
  const TempDirectory directory;
  directory.write("chat.json",
                  R"({"model":"m","messages":[{"role":"user","content":"Sum up: {{body.prompt}}"}]})");
  const auto with_file = [&](HttpOptions& options) { options.template_file = directory / "chat.json"; };
  CHECK(body_of(request(R"({"operation":"a","body":{"prompt":"\"hi\""}})", with_file)) ==
        R"({"model":"m","messages":[{"role":"user","content":"Sum up: \"hi\""}]})");
  CHECK(request(R"({"operation":"a","body":{}})", with_file) ==
        "refused: template: {{body.prompt}} is not in the entry");
  directory.write("bad.json", "{");
  CHECK(request(R"({"operation":"a"})", [&](HttpOptions& options) {
          options.template_file = directory / "bad.json";
        }).find("bad.json: with null in place") != std::string::npos);
}
