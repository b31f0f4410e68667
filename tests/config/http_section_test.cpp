#include <catch2/catch.hpp>

#include "backend/http_request.hpp"
#include "config/config_fixture.hpp"
#include "support/print_result.hpp"

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

namespace {

// A file with one http backend of these lines, the first of them in line 5.
std::string file_with(const std::string& lines) {
  return "backends:\n  llm:\n    type: http\n    url: https://api.example.com/v1\n" + lines;
}

HttpOptions read(const std::string& lines) {
  const auto config = ConfigFile(file_with(lines)).read();
  REQUIRE(config);
  return std::get<HttpOptions>(config->backends.front().options);
}

std::string refusal(const std::string& lines) {
  return ConfigFile(file_with(lines)).refusal();
}

}  // namespace

TEST_CASE("every option of an http backend is read") {
  const ConfigFile file(
      "backends:\n  llm:\n    type: http\n    url: \"https://{{metadata.host}}/v1\"\n    method: PUT\n"
      "    headers: { Content-Type: application/json, X-A: \"{{key}}\" }\n    header_files: { X-Key: api-key "
      "}\n"
      "    authorization_file: token\n    webhook_secret_files: [new, old]\n    template: chat.json\n"
      "    timeout: 800s\n    connect_timeout: 3s\n    keep_alive: 0\n    concurrency: 7\n    ca_file: "
      "ca.pem\n"
      "    max_receipt_bytes: 1KiB\n    max_response_bytes: 2KiB\n    max_header_bytes: 3KiB\n"
      "    allow_hosts: [\"*.example.com\", 10.0.0.0/8]\n    retry_after_max: 5m\n"
      "    statuses: { 404: retry, 500: unavailable, 418: reject_and_pause }\n"
      "    expect:\n      - { pointer: /a, equals: true }\n      - { pointer: /b, matches: \"^x\" }\n"
      "      - { pointer: /c, minimum: 0.5 }\n      - { pointer: /d, exists: false }\n      - { pointer: "
      "\"\", "
      "equals: ok }\n"
      "    expect_failed: reject\n    score: /c\n");
  const auto config = file.read();
  REQUIRE(config);
  const auto& options = std::get<HttpOptions>(config->backends.front().options);
  CHECK(options.url == "https://{{metadata.host}}/v1");
  CHECK(options.method == "PUT");
  CHECK(options.headers.at("X-A") == "{{key}}");
  CHECK(options.header_files.at("X-Key") == "api-key");
  CHECK(options.authorization_file == "token");
  CHECK(options.webhook_secret_files == std::vector<std::string>{"new", "old"});
  CHECK(options.template_file == file.directory() + "/chat.json");
  CHECK(options.timeout == 800s);
  CHECK(options.connect_timeout == 3s);
  CHECK(options.keep_alive == 0s);
  CHECK(options.concurrency == 7);
  CHECK(options.ca_file == file.directory() + "/ca.pem");
  CHECK(options.receipt_bytes_max == 1024);
  CHECK(options.response_bytes_max == 2048);
  CHECK(options.response_header_bytes_max == 3072);
  CHECK(options.allow_hosts == std::vector<std::string>{"*.example.com", "10.0.0.0/8"});
  CHECK(options.retry_after_max == 5min);
  CHECK(options.statuses.at(404) == HttpVerdict::retry);
  CHECK(options.statuses.at(500) == HttpVerdict::unavailable);
  CHECK(options.statuses.at(418) == HttpVerdict::reject_and_pause);
  REQUIRE(options.expect.size() == 5);
  CHECK(options.expect[0].equals == Json(true));
  CHECK(options.expect[1].matches == "^x");
  CHECK(options.expect[2].minimum == 0.5);
  CHECK_FALSE(options.expect[3].exists);
  CHECK(options.expect[4].equals == Json("ok"));
  CHECK(options.expectation_failed == HttpVerdict::reject);
  CHECK(options.score == "/c");
}

TEST_CASE("what is expected to equal a value is JSON where it can be") {
  const auto options = read(
      "    expect:\n      - { pointer: /a, equals: 3 }\n      - { pointer: /a, equals: '\"3\"' }\n"
      "      - { pointer: /a, equals: \"null\" }\n");
  CHECK(options.expect[0].equals == Json(3));
  CHECK(options.expect[1].equals == Json("3"));
  CHECK(options.expect[2].equals == Json(nullptr));
}

TEST_CASE("an http backend without a URL is refused") {
  CHECK(
      ConfigFile("backends:\n  llm: { type: http }\n").refusal() ==
      "spoold.yaml:2: backends.llm.url: is missing; expected a URL, such as https://api.example.com/v1/chat");
}

TEST_CASE("what is wrong with an option is said in its line, with what would be right") {
  CHECK(refusal("    headers: { Host: evil }\n") ==
        "spoold.yaml:5: backends.llm.headers: \"Host\" is written by spoold itself and cannot be set");
  CHECK(refusal("    headers: { X-A: \"a\\r\\nHost: b\" }\n") ==
        "spoold.yaml:5: backends.llm.headers: the value of \"X-A\" holds a line break, a NUL or another "
        "control "
        "character");
  CHECK(refusal("    method: connect\n")
            .starts_with("spoold.yaml:5: backends.llm.method: 'connect' is unknown"));
  CHECK(refusal("    body: '{'\n").starts_with("spoold.yaml:5: backends.llm.body: with null in place"));
  CHECK(refusal("    body: '{{bdy}}'\n").find("the placeholder {{bdy}} is unknown") != std::string::npos);
  CHECK(refusal("    score: c\n") ==
        "spoold.yaml:5: backends.llm.score: 'c' is no JSON pointer; expected a JSON pointer, such as "
        "/message/content");
  CHECK(refusal("    statuses:\n      40x: retry\n") ==
        "spoold.yaml:6: backends.llm.statuses: '40x' is no status that ends a request; expected 200 to 599, "
        "such "
        "as 404: retry");
  CHECK(refusal("    statuses: { 404: retyr }\n").find("did you mean 'retry'?") != std::string::npos);
  CHECK(refusal("    allow_hosts: [http://a.example]\n")
            .starts_with("spoold.yaml:5: backends.llm.allow_hosts: \"http://a.example\" is no host"));
  CHECK(refusal("    expect:\n      - { pointer: /a }\n      - { pointer: /a, matches: \"(\" }\n")
            .starts_with("spoold.yaml:7: backends.llm.expect[1]: \"(\" is no regular expression"));
  CHECK(refusal("    expect: [{ equals: 3 }]\n").find("expect[0].pointer: is missing") != std::string::npos);
  CHECK(refusal("    expect: [{ pointer: /a, exists: false, equals: 3 }]\n").find("remove one") !=
        std::string::npos);
  CHECK(refusal("    tiemout: 3s\n") ==
        "spoold.yaml:5: backends.llm.'tiemout': unknown key; did you mean 'timeout'?");
}

TEST_CASE("a host from the entry without allow_hosts is refused at the URL") {
  CHECK(ConfigFile("backends:\n  llm:\n    type: http\n    url: \"{{url}}\"\n").refusal() ==
        "spoold.yaml:4: backends.llm.url: the host comes from the entry, so allow_hosts must list the hosts "
        "that "
        "may be called");
}

TEST_CASE("a route may bring a template to an http backend, and to no other") {
  const ConfigFile file(
      file_with("  main: { type: sqlite, database: /srv/a.db }\nroutes:\n"
                "  - { operation: \"chat.*\", backend: llm, template: chat.json }\n"
                "  - { operation: \"*\", backend: main }\n"));
  const auto config = file.read();
  REQUIRE(config);
  CHECK(config->routes[0].template_file == file.directory() + "/chat.json");
  CHECK_FALSE(config->routes[1].template_file);
  CHECK(std::get<HttpOptions>(config->backends.front().options).route_template_files ==
        std::vector<std::string>{file.directory() + "/chat.json"});
  CHECK(ConfigFile("backends:\n  main: { type: sqlite, database: /srv/a.db }\nroutes:\n"
                   "  - { operation: a, backend: main, template: chat.json }\n")
            .refusal() ==
        "spoold.yaml:4: routes[0].template: backends.main sends no body; remove it, or route to a backend of "
        "type "
        "http with method post");
}

TEST_CASE("the worked example is a good configuration, and its templates can be filled") {
  const std::string file = SPOOLD_SOURCE_DIR "/examples/llm/spoold.yaml";
  const auto config = read_config_file(file, [](const std::string&) { return std::optional<std::string>{}; });
  REQUIRE(config);
  const auto& options = std::get<HttpOptions>(config->backends.front().options);
  std::vector<HttpProblem> problems;
  const HttpPlan plan = plan_http(options, problems);
  REQUIRE(problems.empty());
  const auto files = read_http_files(options, plan);
  REQUIRE(files);
  CHECK(files->templates.size() == 2);
}
