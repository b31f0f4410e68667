#include <sysexits.h>

#include <exception>
#include <iostream>

#include "daemon/arguments.hpp"
#include "daemon/configuration.hpp"
#include "daemon/daemon.hpp"

namespace spoold {

namespace {

int run(int argc, const char* const* argv) {
  const auto parsed = parse_arguments(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  const auto& arguments = std::get<Arguments>(parsed);
  Log log{arguments.log_format, arguments.log_level};
  const auto config = read_configuration(arguments);
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
