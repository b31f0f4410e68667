#include <charconv>

#include "backend/http_expectation.hpp"
#include "config/backend_section.hpp"
#include "config/nearest.hpp"

namespace spoold {

namespace {

constexpr const char* expectation_example = "{ pointer: /done, equals: true }";

using Children = std::vector<MapReader::Child>;

std::vector<std::pair<std::string, HttpVerdict>> verdict_words() {
  return {{"done", HttpVerdict::done},
          {"retry", HttpVerdict::retry},
          {"reject", HttpVerdict::reject},
          {"unavailable", HttpVerdict::unavailable},
          {"reject_and_pause", HttpVerdict::reject_and_pause}};
}

// A map whose keys are names that only the user knows.
void read_texts(MapReader map, const std::string& expected, std::map<std::string, std::string>& target) {
  for (const MapReader::Child& child : map.members()) {
    std::string text;
    if (map.value(child, text_option("", text, expected))) target[child.name] = text;
  }
}

void read_text_list(MapReader& backend, const std::string& key, const std::string& expected,
                    std::vector<std::string>& target) {
  for (const MapReader::Child& item : backend.list(key, "a list, such as [" + expected + "]")) {
    std::string text;
    if (backend.value(item, text_option("", text, expected))) target.push_back(text);
  }
}

void read_statuses(MapReader statuses, std::map<unsigned, HttpVerdict>& target) {
  for (const MapReader::Child& child : statuses.members()) {
    unsigned status = 0;
    const char* const end = child.name.data() + child.name.size();
    const auto [stop, problem] = std::from_chars(child.name.data(), end, status);
    if (problem != std::errc{} || stop != end || status < 200 || status > 599) {
      statuses.reading().refuse(
          {child.line, {}}, statuses.path() + ": " + in_quotes(child.name) +
                                " is no status that ends a request; expected 200 to 599, such as 404: retry");
      continue;
    }
    HttpVerdict verdict{};
    if (statuses.value(child, choice_option<HttpVerdict>("", verdict, verdict_words())))
      target[status] = verdict;
  }
}

// Any text, the empty one too, which points to the whole.
Option pointer_option(std::string key, std::string& value) {
  return {std::move(key), "a JSON pointer, such as /message/content",
          [&value](std::string_view text) -> std::optional<std::string> {
            if (auto path = JsonPath::parse(std::string{text}); !path) return "is no JSON pointer";
            value = text;
            return std::nullopt;
          }};
}

// A value of JSON; what is none is a text.
Option json_option(std::string key, std::optional<Json>& value) {
  return {std::move(key), "a value, such as true, 3 or ok",
          [&value](std::string_view text) -> std::optional<std::string> {
            auto json = parse_json(text);
            value = json ? std::move(*json) : Json(std::string{text});
            return std::nullopt;
          }};
}

void read_expectation(const MapReader::Child& item, Reading& reading, std::vector<HttpExpectation>& target) {
  MapReader map(reading, item.node, item.path, item.line, expectation_example);
  HttpExpectation wanted;
  std::string pattern;
  double minimum = 0;
  bool good = map.required(pointer_option("pointer", wanted.pointer));
  map.option(flag_option("exists", wanted.exists));
  map.option(json_option("equals", wanted.equals));
  if (map.option(text_option("matches", pattern, "a regular expression, such as ^ok")))
    wanted.matches = pattern;
  if (map.option(number_option("minimum", minimum, -1e15, 1e15, 0.5))) wanted.minimum = minimum;
  if (!wanted.exists && (wanted.equals || wanted.matches || wanted.minimum)) {
    reading.refuse(map.place(), item.path + ": asks for nothing to be there, and for its value; remove one");
    good = false;
  }
  if (const auto checked = HttpExpectations::parse({wanted}); good && !checked) {
    reading.refuse(map.place(), item.path + ": " + checked.error().context);
    good = false;
  }
  if (good) target.push_back(std::move(wanted));
}

void read_request(MapReader& backend, HttpOptions& options) {
  const std::string directory = backend.reading().directory();
  backend.required(text_option("url", options.url, "a URL, such as https://api.example.com/v1/chat"));
  backend.options({
      choice_option<std::string>("method", options.method,
                                 {{"get", "GET"},
                                  {"head", "HEAD"},
                                  {"post", "POST"},
                                  {"put", "PUT"},
                                  {"patch", "PATCH"},
                                  {"delete", "DELETE"}}),
      text_option("body", options.body, "a template, such as '{\"prompt\": {{body}}}'"),
      path_option("template", options.template_file, directory,
                  "the path of a template, such as /etc/spoold/chat.json"),
      text_option("authorization_file", options.authorization_file,
                  "a file with the value of Authorization, such as llm-authorization"),
  });
  read_texts(backend.map("headers", "{ X-Tenant: \"{{metadata.tenant}}\" }"), "the value of a header",
             options.headers);
  read_texts(backend.map("header_files", "{ X-Api-Key: api-key }"), "a file with the value of a header",
             options.header_files);
  read_text_list(backend, "webhook_secret_files", "webhook-secret", options.webhook_secret_files);
}

void read_connection(MapReader& backend, HttpOptions& options) {
  backend.options({
      duration_option("timeout", options.timeout, {"1ms", "24h", "30s", ""}),
      duration_option("connect_timeout", options.connect_timeout, {"1ms", "1h", "10s", ""}),
      duration_option("keep_alive", options.keep_alive, {"0s", "24h", "60s", "no connection is kept"}),
      count_option<std::size_t>("concurrency", options.concurrency, 1, 1000, 4),
      path_option("ca_file", options.ca_file, backend.reading().directory(),
                  "the path of certificates, such as /etc/spoold/ca.pem"),
      size_option("max_receipt_bytes", options.receipt_bytes_max, {"0B", "16MiB", "64KiB", ""}),
      size_option("max_response_bytes", options.response_bytes_max, {"1KiB", "1GiB", "4MiB", ""}),
      size_option("max_header_bytes", options.response_header_bytes_max, {"1KiB", "1MiB", "16KiB", ""}),
  });
  read_text_list(backend, "allow_hosts", "api.example.com", options.allow_hosts);
}

void read_judgement(MapReader& backend, HttpOptions& options) {
  backend.options({
      duration_option("retry_after_max", options.retry_after_max, {"1s", "365d", "1h", ""}),
      choice_option<HttpVerdict>("expect_failed", options.expectation_failed,
                                 {{"retry", HttpVerdict::retry}, {"reject", HttpVerdict::reject}}),
      pointer_option("score", options.score),
  });
  read_statuses(backend.map("statuses", "{ 404: retry }"), options.statuses);
  for (const MapReader::Child& item :
       backend.list("expect", std::string{"a list, such as ["} + expectation_example + "]"))
    read_expectation(item, backend.reading(), options.expect);
}

}  // namespace

decltype(BackendConfig::options) read_http(MapReader& backend) {
  HttpOptions options;
  read_request(backend, options);
  read_connection(backend, options);
  read_judgement(backend, options);
  if (options.url.empty()) return options;  // said already
  Reading& reading = backend.reading();
  for (const HttpProblem& problem : check_http_options(options)) {
    const std::string path = join_path(backend.path(), problem.option);
    reading.refuse(reading.place_of({path, backend.path() + ".url"}), path + ": " + problem.text);
  }
  return options;
}

}  // namespace spoold
