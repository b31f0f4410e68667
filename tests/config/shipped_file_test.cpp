#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <tuple>

#include "config/backend_section.hpp"
#include "config/config_file.hpp"
#include "config/config_fixture.hpp"
#include "config/known_keys.hpp"

// The reader, config/spoold.yaml and docs/configuration.md cannot drift apart.

using namespace spoold;
using namespace spoold::test;

namespace {

std::string read_source(const std::string& name) {
  std::ifstream file(std::string{SPOOLD_SOURCE_DIR} + "/" + name);
  REQUIRE(file);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The shipped file with the options in it that have no default ("#timeout: 60s").
std::string with_options_in_comments(const std::string& text) {
  return std::regex_replace(text, std::regex{"\n( *)#(?=\\w)"}, "\n$1");
}

// Paths of all keys of a document as the reader names them: backends by their type, any route as the first.
void collect(const YAML::Node& node, const std::string& path, std::set<std::string>& paths) {
  if (node.IsSequence()) {
    for (const auto& item : node) {
      if (item.IsMap()) collect(item, path + "[0]", paths);
    }
  }
  if (!node.IsMap()) return;
  for (const auto& member : node) {
    const bool is_backend = path == "backends";
    const std::string key = (is_backend ? member.second["type"] : member.first).Scalar();
    const std::string below = path.empty() ? key : path + "." + key;
    if (!is_backend) paths.insert(below);
    if (key != "statements") collect(member.second, below, paths);
  }
}

// Every member of each struct; a new one does not compile until it is named here.
auto members(const WorkerOptions& options) {
  const auto& [idle_exit, watch, poll_interval, rescan_interval, shutdown_grace, crashes_max, ageing,
               on_demand] = options;
  return std::tie(idle_exit, watch, poll_interval, rescan_interval, shutdown_grace, crashes_max, ageing,
                  on_demand);
}
auto members(const StoreOptions& options) {
  const auto& [entry_bytes_max, bundle_bytes_max, bundle_lines_max, settle_time, allow_uids] = options;
  return std::tie(entry_bytes_max, bundle_bytes_max, bundle_lines_max, settle_time, allow_uids);
}
auto members(const ProducerOptions& options) {
  const auto& [entry_bytes_max, bundle_bytes_max, bundle_lines_max, pending_max, free_bytes_min,
               sync_directory] = options;
  return std::tie(entry_bytes_max, bundle_bytes_max, bundle_lines_max, pending_max, free_bytes_min,
                  sync_directory);
}
auto members(const RetryOptions& options) {
  const auto& [retries_max, initial, factor, max, jitter, budget] = options;
  return std::tie(retries_max, initial, factor, max, jitter, budget);
}
auto members(const SqliteOptions& options) {
  const auto& [database, batch, busy_timeout, statement_timeout, ledger_age, journal_mode, synchronous,
               foreign_keys, statements] = options;
  return std::tie(batch, busy_timeout, statement_timeout, ledger_age, journal_mode, synchronous, foreign_keys,
                  statements);
}

// Without the URL, which has no default, and what routes fill in.
auto members(const HttpOptions& options) {
  const auto& [url, method, headers, header_files, authorization_file, webhook_secret_files, body,
               template_file, route_template_files, timeout, connect_timeout, keep_alive, concurrency,
               receipt_bytes_max, response_bytes_max, response_header_bytes_max, ca_file, allow_hosts,
               statuses, retry_after_max, expect, expectation_failed, score] = options;
  CHECK(expect.empty());
  return std::tie(method, headers, header_files, authorization_file, webhook_secret_files, body,
                  template_file, timeout, connect_timeout, keep_alive, concurrency, receipt_bytes_max,
                  response_bytes_max, response_header_bytes_max, ca_file, allow_hosts, statuses,
                  retry_after_max, expectation_failed, score);
}

Config shipped() {
  const ConfigFile file(read_source("config/spoold.yaml"));
  const auto config = file.read();
  if (!config) FAIL(config.error().message());
  return *config;
}

// The part of a Markdown page under a heading, down to the next one of its level.
std::string part_under(const std::string& page, const std::string& heading) {
  const std::size_t begin = page.find("\n## " + heading + "\n");
  if (begin == std::string::npos) return "";
  const std::size_t end = page.find("\n## ", begin + 1);
  return page.substr(begin, end == std::string::npos ? end : end - begin);
}

std::string code_block(const std::string& part, const std::string& language) {
  const std::string fence = "```" + language + "\n";
  const std::size_t begin = part.find(fence);
  REQUIRE(begin != std::string::npos);
  const std::size_t end = part.find("```", begin + fence.size());
  return part.substr(begin + fence.size(), end - begin - fence.size());
}

}  // namespace

TEST_CASE("the shipped file says the defaults") {
  const Config config = shipped();
  const Config defaults;
  CHECK(config.queue_directory == defaults.queue_directory);
  CHECK(config.group_may_enqueue == defaults.group_may_enqueue);
  CHECK(members(config.store) == members(defaults.store));
  CHECK(members(config.producer) == members(defaults.producer));
  CHECK(members(config.worker) == members(defaults.worker));
  CHECK(config.retention == defaults.retention);
  CHECK(config.pressure == defaults.pressure);
  CHECK(config.metrics == defaults.metrics);
  for (const BackendConfig& backend : config.backends) {
    if (const auto* const sqlite = std::get_if<SqliteOptions>(&backend.options))
      CHECK(members(*sqlite) == members(SqliteOptions{}));
    if (const auto* const http = std::get_if<HttpOptions>(&backend.options))
      CHECK(members(*http) == members(HttpOptions{}));
  }
  REQUIRE_FALSE(config.routes.empty());
  for (const RouteOptions& route : config.routes) CHECK(members(route.retry) == members(RetryOptions{}));
  CHECK(config.routes.back().operation == "*");
}

TEST_CASE("the shipped file is valid with the options in its comments too") {
  CHECK(ConfigFile(with_options_in_comments(read_source("config/spoold.yaml"))).refusal().empty());
}

TEST_CASE("the shipped file has every key the reader knows") {
  std::set<std::string> written;
  collect(YAML::Load(with_options_in_comments(read_source("config/spoold.yaml"))), "", written);
  for (const std::string& key : known_config_keys()) {
    CAPTURE(key);
    CHECK(written.count(key) == 1);
  }
}

TEST_CASE("the reader knows the keys of every backend type and of routes") {
  const std::vector<std::string> keys = known_config_keys();
  const auto known = [&](const std::string& key) { return std::count(keys.begin(), keys.end(), key) == 1; };
  for (const BackendType& type : backend_types())
    CHECK(known("backends." + std::string{type.name} + ".type"));
  CHECK(known("queue.allow_uids"));
  CHECK(known("worker.idle_exit"));
  CHECK(known("retry.max"));
  CHECK(known("backends.sqlite.statements"));
  CHECK(known("routes[0].retry.max"));
}

TEST_CASE("the page on configuration describes every key and every variable") {
  const std::string page = read_source("docs/configuration.md");
  for (const std::string& path : known_config_keys()) {
    CAPTURE(path);
    const std::size_t dot = path.rfind('.');
    if (dot == std::string::npos) {
      CHECK(page.find("`" + path + "`") != std::string::npos);
      continue;
    }
    std::string section = path.substr(0, dot);
    if (section == "routes[0].retry") section = "retry";
    if (section == "routes[0]") section = "routes";
    for (const std::string whole : {"retention", "pressure"}) {
      if (section.starts_with(whole + ".")) section = whole;
    }
    if (section.starts_with("backends.")) section = "backends: type " + section.substr(9);
    CHECK(part_under(page, section).find("| `" + path.substr(dot + 1) + "` |") != std::string::npos);
  }
  for (const std::string& variable : known_config_variables()) {
    CAPTURE(variable);
    CHECK(part_under(page, "Environment").find("`" + variable + "`") != std::string::npos);
  }
  CHECK(part_under(page, "Environment").find("`SPOOLD_CONFIG`") != std::string::npos);
}

TEST_CASE("the errors on the page on configuration are the real ones") {
  const std::string part = part_under(read_source("docs/configuration.md"), "Errors");
  CHECK(ConfigFile(code_block(part, "yaml")).refusal() + "\n" == code_block(part, "text"));
}
