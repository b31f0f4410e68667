#include "session.hpp"

#include "config/config_file.hpp"

namespace spoold {

namespace {

constexpr const char* instance_configs = "/etc/spoold/";
constexpr const char* instance_queues = "/var/spool/spoold/";

// What systemd takes between "spoold@" and ".service", without escapes.
bool is_instance_name(const std::string& name) {
  return name.front() != '.' && name.find_first_not_of(
                                    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                    "0123456789_.-") == std::string::npos;
}

Result<Config> instance_config(const std::string& name, const Environment& environment) {
  if (!is_instance_name(name)) {
    return Error{
        ErrorKind::invalid,
        "--instance '" + name + "' is no name of an instance: expected letters, digits, '_', '-' and '.'"};
  }
  auto config = read_config_file(instance_configs + name + ".yaml", environment);
  if (config) config->queue_directory = instance_queues + name;
  return config;
}

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
  auto config = option.instance.empty() ? choose_config(option, process_environment())
                                        : instance_config(option.instance, process_environment());
  if (!config) return config.error();
  Session session;
  session.instance = option.instance;
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
