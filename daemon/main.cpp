#include <sysexits.h>

#include <exception>
#include <iostream>

#include "config/config_file.hpp"
#include "daemon/arguments.hpp"
#include "daemon/daemon.hpp"

namespace spoold {

namespace {

Result<Config> read_config(const Arguments& arguments) {
  const Environment environment = process_environment();
  const auto file = arguments.config ? arguments.config : default_config_file(environment);
  auto config = file ? read_config_file(*file, environment) : default_config(environment);
  if (config && arguments.queue) config->queue_directory = *arguments.queue;
  if (config && config->backends.empty()) {
    const std::string where = file ? *file : "no configuration file was named or found";
    return Error{ErrorKind::invalid,
                 where +
                     ": there is no backend: write at least one under `backends:`, for instance\n"
                     "  backends: { main: { type: sqlite, database: /path/to/file.db } }"};
  }
  return config;
}

int run(int argc, const char* const* argv) {
  const auto parsed = parse_arguments(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  const auto& arguments = std::get<Arguments>(parsed);
  Log log{arguments.log_format, arguments.log_level};
  const auto config = read_config(arguments);
  if (arguments.check_config) {
    if (config) return EX_OK;
    std::cerr << config.error().message() << '\n';
    return EX_CONFIG;
  }
  if (!config) {
    log.write(Severity::error, config.error().message());
    return EX_CONFIG;
  }
  return run_daemon(*config, arguments, log);
}

}  // namespace

}  // namespace spoold

int main(int argc, char** argv) {
  try {
    return spoold::run(argc, argv);
  } catch (const std::exception& problem) {
    std::cerr << "spoold: " << problem.what() << '\n';
    return EX_SOFTWARE;
  }
}
