#include "session.hpp"

#include <filesystem>

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

bool names_queue(const std::string& variable) {
  return variable == "SPOOLD_QUEUE" || variable == "SPOOLD_QUEUE_DIRECTORY";
}

bool is_set(const Environment& environment, const std::string& variable) {
  return environment(variable).value_or("") != "";
}

// What the command line names is not overruled: whatever a daemon or `produce` runs has their queue in its
// environment, and may well put entries into another one.
Environment without_queue(const Environment& environment) {
  return [environment](const std::string& variable) {
    return names_queue(variable) ? std::nullopt : environment(variable);
  };
}

Result<Config> choose_config(const QueueOption& option, const Environment& environment) {
  std::string file = option.config_file;
  const bool by_option = !file.empty() || !option.directory.empty();
  if (!by_option) {
    // A queue named by the environment alone is not one that the machine's own configuration speaks of.
    const bool own_queue =
        is_set(environment, "SPOOLD_QUEUE") || is_set(environment, "SPOOLD_QUEUE_DIRECTORY");
    if (!own_queue || is_set(environment, "SPOOLD_CONFIG")) {
      file = default_config_file(environment).value_or("");
    }
  }
  const Environment rest = by_option ? without_queue(environment) : environment;
  auto config = file.empty() ? default_config(rest) : read_config_file(file, rest);
  if (config && !option.directory.empty()) config->queue_directory = option.directory;
  return config;
}

std::string selection_of(const QueueOption& option, const Config& config, const Environment& environment) {
  if (!option.instance.empty()) return "--instance " + option.instance;
  const std::string queue = "--queue " + config.queue_directory;
  if (config.file.empty()) return queue;
  const bool queue_by_environment =
      option.config_file.empty() &&
      (is_set(environment, "SPOOLD_QUEUE") || is_set(environment, "SPOOLD_QUEUE_DIRECTORY"));
  const bool apart = !option.directory.empty() || queue_by_environment;
  return "--config " + config.file + (apart ? " " + queue : "");
}

}  // namespace

Result<void> Session::check_daemon_config() const {
  const Environment environment = process_environment();
  if (!config->file.empty() || is_set(environment, "SPOOLD_CONFIG")) return {};
  const auto file = default_config_file(environment);
  if (!file) return {};
  // One that cannot be read is told by the daemon.
  const auto other = read_config_file(*file, without_queue(environment));
  const auto plain = [](const std::string& path) {
    std::error_code ignored;
    const std::string whole = std::filesystem::weakly_canonical(std::filesystem::absolute(path), ignored);
    return whole.ends_with('/') ? whole.substr(0, whole.size() - 1) : whole;
  };
  if (!other || plain(other->queue_directory) == plain(queue_path)) return {};
  return Error{ErrorKind::invalid, *file + " is the configuration of another queue, " +
                                       other->queue_directory +
                                       ": give --config FILE too, the configuration for " + queue_path};
}

Result<Session> Session::open(const QueueOption& option) {
  auto config = option.instance.empty()
                    ? choose_config(option, process_environment())
                    : instance_config(option.instance, without_queue(process_environment()));
  if (!config) return config.error();
  Session session;
  session.instance = option.instance;
  config->queue_directory = plain_path(config->queue_directory);
  session.queue_path = config->queue_directory;
  session.selection = selection_of(option, *config, process_environment());
  session.config = std::make_shared<const Config>(std::move(*config));
  return session;
}

Error Session::explain_open(Error error) const {
  const std::string& path = queue_path;
  switch (error.kind) {
    case ErrorKind::not_found:
      return {ErrorKind::not_found, "no queue at " + path + ": make one with 'spoolctl " + selection +
                                        " init', or name another with --queue"};
    case ErrorKind::no_permission:
      return {ErrorKind::no_permission,
              "may not use the queue at " + path + " (" + error.message() + "): run this as its owner"};
    default:
      return error;
  }
}

}  // namespace spoold
