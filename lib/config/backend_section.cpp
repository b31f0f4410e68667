#include "config/backend_section.hpp"

#include <algorithm>

#include "config/nearest.hpp"
#include "config/sections.hpp"

namespace spoold {

namespace {

constexpr std::size_t name_length_max = 32;
constexpr const char* name_letters = "abcdefghijklmnopqrstuvwxyz0123456789_-";
constexpr const char* backend_example = "{ type: sqlite, database: /var/lib/spoold/main.db }";

const BackendType* read_type(MapReader& backend) {
  const BackendType* found = nullptr;
  std::vector<std::string> words;
  for (const BackendType& type : backend_types()) words.emplace_back(type.name);
  const bool good = backend.required(
      word_option("type", words, [&found](std::size_t index) { found = &backend_types()[index]; }));
  return good ? found : nullptr;
}

void read_backend(const MapReader::Child& child, Reading& reading, Config& config) {
  MapReader backend(reading, child.node, child.path, child.line, backend_example);
  if (child.name.empty() || child.name.size() > name_length_max ||
      child.name.find_first_not_of(name_letters) != std::string::npos) {
    reading.refuse(backend.place(), "backends: " + in_quotes(child.name) +
                                        " is no name for a backend; expected 1 to 32 of a-z, 0-9, _ and -");
  }
  // Kept even where its options are wrong, so that routes to it are not refused as well.
  config.backends.push_back({child.name, {}, {}});
  LaneOptions& lane = config.backends.back().lane;
  backend.options({rate_option("rate", lane.rate), flag_option("paused", lane.paused)});
  if (const BackendType* const type = read_type(backend))
    config.backends.back().options = type->read(backend);
  else
    backend.ignore_rest();
}

// One writer a database: two would only wait for each other's locks.
void refuse_shared_databases(Reading& reading, const std::vector<BackendConfig>& backends) {
  for (auto later = backends.begin(); later != backends.end(); ++later) {
    const auto* const options = std::get_if<SqliteOptions>(&later->options);
    if (options == nullptr || options->database.empty()) continue;
    for (auto earlier = backends.begin(); earlier != later; ++earlier) {
      const auto* const other = std::get_if<SqliteOptions>(&earlier->options);
      if (other == nullptr || other->database != options->database) continue;
      const std::string path = "backends." + later->name + ".database";
      reading.refuse(reading.place_of({path}), path + ": " + in_quotes(options->database) +
                                                   " is the database of backends." + earlier->name +
                                                   " already; let routes share that backend");
      break;
    }
  }
}

}  // namespace

Option rate_option(std::string key, std::optional<Rate>& value) {
  return {std::move(key), "a number of attempts and a time, such as 2/min or 10/5s",
          [&value](std::string_view text) -> std::optional<std::string> {
            auto rate = parse_rate(text);
            if (!rate) return "is none";
            value = *rate;
            return std::nullopt;
          }};
}

const std::vector<BackendType>& backend_types() {
  static const std::vector<BackendType> types{
      {"sqlite", read_sqlite}, {"http", read_http}, {"command", read_command}};
  return types;
}

void read_backends(MapReader backends, Config& config) {
  Reading& reading = backends.reading();
  for (const MapReader::Child& child : backends.members()) read_backend(child, reading, config);
  refuse_shared_databases(reading, config.backends);
}

}  // namespace spoold
