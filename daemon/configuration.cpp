#include "daemon/configuration.hpp"

#include <filesystem>

#include "config/config_file.hpp"

namespace spoold {

Result<Config> read_configuration(const Arguments& arguments) {
  const Environment environment = process_environment();
  const auto file = arguments.config ? arguments.config : default_config_file(environment);
  auto config = file ? read_config_file(*file, environment) : default_config(environment);
  if (config && arguments.queue) config->queue_directory = *arguments.queue;
  if (config) config->queue_directory = plain_path(std::filesystem::absolute(config->queue_directory));
  if (config && config->backends.empty()) {
    const std::string where = file ? *file : "no configuration file was named or found";
    return Error{ErrorKind::invalid,
                 where +
                     ": there is no backend: write at least one under `backends:`, for instance\n"
                     "  backends: { main: { type: sqlite, database: /path/to/file.db } }"};
  }
  return config;
}

}  // namespace spoold
