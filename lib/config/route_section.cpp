#include <algorithm>

#include "config/nearest.hpp"
#include "config/sections.hpp"
#include "policy/glob.hpp"

namespace spoold {

namespace {

constexpr const char* route_example = "{ operation: \"*\", backend: main }";

void check_backend(Reading& reading, const std::string& path, const std::string& backend,
                   const Config& config) {
  std::vector<std::string> names;
  for (const BackendConfig& each : config.backends) names.push_back(each.name);
  if (std::find(names.begin(), names.end(), backend) != names.end()) return;
  std::string text = path + ": there is no backend " + in_quotes(backend);
  if (const auto meant = nearest(backend, names))
    text += "; did you mean " + in_quotes(*meant) + "?";
  else if (names.empty())
    text += "; write it under backends:";
  else
    text += "; expected " + any_of(names);
  reading.refuse(reading.place_of({path}), text);
}

void check_reachable(Reading& reading, const MapReader::Child& item, std::size_t index,
                     const std::vector<RouteOptions>& routes) {
  const std::string& operation = routes[index].operation;
  for (std::size_t i = 0; i < index; ++i) {
    if (operation.empty() || !glob_covers(routes[i].operation, operation)) continue;
    const Place earlier = reading.place_of({"routes[" + std::to_string(i) + "].operation"});
    reading.refuse(reading.place_of({item.path + ".operation"}),
                   item.path + ": can never match: " + in_quotes(operation) + " is caught by " +
                       in_quotes(routes[i].operation) + " in line " + std::to_string(earlier.line) +
                       "; put the narrower one first");
    return;
  }
}

// A route's template belongs to its backend, which reads it when it opens.
void read_template(MapReader& map, RouteOptions& route, Config& config) {
  Reading& reading = map.reading();
  std::string file;
  if (!map.option(path_option("template", file, reading.directory(),
                              "the path of a template, such as /etc/spoold/chat.json")))
    return;
  for (BackendConfig& backend : config.backends) {
    if (backend.name != route.backend) continue;
    auto* const http = std::get_if<HttpOptions>(&backend.options);
    if (http != nullptr && http->method != "GET" && http->method != "HEAD") {
      http->route_template_files.push_back(file);
      route.template_file = file;
      return;
    }
    const std::string path = map.path() + ".template";
    reading.refuse(reading.place_of({path}), path + ": backends." + backend.name +
                                                 " sends no body; remove it, or route to a backend of type " +
                                                 "http with method post");
  }
}

RouteOptions read_route(const MapReader::Child& item, Reading& reading, Config& config,
                        const RetryOptions& retry) {
  MapReader map(reading, item.node, item.path, item.line, route_example);
  RouteOptions route;
  route.operation.clear();
  route.retry = retry;
  map.required(
      text_option("operation", route.operation, "an operation or a pattern of them, such as \"chat.*\""));
  if (map.required(text_option("backend", route.backend, "the name of a backend, such as main")))
    check_backend(reading, item.path + ".backend", route.backend, config);
  map.option(rate_option("rate", route.rate));
  map.option(duration_option("timeout", route.timeout, {"1ms", "24h", "30s", ""}));
  read_template(map, route, config);
  map.map("retry", "{ max_retries: 5, initial: 10s }").options(retry_options(route.retry));
  check_retry(reading, item.path + ".retry", route.retry);
  return route;
}

// Without routes, the one backend there is takes everything.
void route_everything(Reading& reading, Config& config, const RetryOptions& retry) {
  if (config.backends.size() == 1) {
    RouteOptions route;
    route.backend = config.backends.front().name;
    route.retry = retry;
    config.routes.push_back(std::move(route));
  } else if (!config.backends.empty()) {
    reading.refuse(reading.place_of({"routes", "backends"}),
                   "routes: is missing, and there are several backends; say which operations go where, for "
                   "instance routes: [{ operation: \"*\", backend: " +
                       config.backends.front().name + " }]");
  }
}

}  // namespace

void read_routes(MapReader& top, Config& config, const RetryOptions& retry) {
  Reading& reading = top.reading();
  for (const MapReader::Child& item :
       top.list("routes", std::string{"a list, such as ["} + route_example + "]")) {
    config.routes.push_back(read_route(item, reading, config, retry));
    check_reachable(reading, item, config.routes.size() - 1, config.routes);
  }
  if (config.routes.empty()) route_everything(reading, config, retry);
}

}  // namespace spoold
