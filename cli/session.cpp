#include "session.hpp"

#include "config/config_file.hpp"

namespace spoold {

namespace {

Result<Config> choose_config(const QueueOption& option, const Environment& environment) {
  std::string file = option.config_file;
  if (file.empty() && option.directory.empty()) {
    // A queue named by the environment alone is not one that the machine's own configuration speaks of.
    const bool own_queue = environment("SPOOLD_QUEUE").value_or("") != "";
    const bool own_config = environment("SPOOLD_CONFIG").value_or("") != "";
    if (!own_queue || own_config) file = default_config_file(environment).value_or("");
  }
  auto config = file.empty() ? default_config(environment) : read_config_file(file, environment);
  if (config && !option.directory.empty()) config->queue_directory = option.directory;
  return config;
}

}  // namespace

Result<Session> Session::open(const QueueOption& option) {
  auto config = choose_config(option, process_environment());
  if (!config) return config.error();
  Session session;
  session.queue_path = config->queue_directory;
  session.config = std::make_shared<const Config>(std::move(*config));
  return session;
}

Error Session::explain_open(Error error) const {
  const std::string& path = queue_path;
  switch (error.kind) {
    case ErrorKind::not_found:
      return {ErrorKind::not_found, "no queue at " + path + ": make one with 'spoolctl --queue " + path +
                                        " init', or name another with --queue"};
    case ErrorKind::no_permission:
      return {ErrorKind::no_permission,
              "may not use the queue at " + path + " (" + error.message() + "): run this as its owner"};
    default:
      return error;
  }
}

}  // namespace spoold
