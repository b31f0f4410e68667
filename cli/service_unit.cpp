#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>

#include "exit_status.hpp"
#include "run_command.hpp"
#include "service.hpp"
#include "verb.hpp"

namespace spoold {

namespace {

constexpr const char* systemd_runs = "/run/systemd/system";
constexpr const char* queues = "/var/spool/spoold/";
constexpr const char* default_name = "default";

std::string unit_for(const Session& session) {
  if (!session.instance.empty()) return "spoold@" + session.instance;
  const std::string path = std::filesystem::absolute(session.queue_path).lexically_normal();
  if (!path.starts_with(queues)) return "";
  std::string name = path.substr(std::string(queues).size());
  while (name.ends_with('/')) name.pop_back();
  if (name.empty() || name.find('/') != std::string::npos) return "";
  return name == default_name ? "spoold" : "spoold@" + name;
}

// REQUIRES: a name without quotes.
bool is_loaded(const std::string& unit) {
  const std::string command = "systemctl show --property LoadState --value '" + unit + "' 2>/dev/null";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "re"), ::pclose);
  if (!pipe) return false;
  std::array<char, 64> answer{};
  return std::fgets(answer.data(), answer.size(), pipe.get()) != nullptr &&
         std::string(answer.data()) == "loaded\n";
}

// "spoold@mail.service": "spoold@mail.path", "spoold-due@mail.timer".
std::vector<std::string> triggers_of(const std::string& unit) {
  const std::string stem = unit.substr(0, unit.rfind('.'));
  const std::string program = "spoold";
  return {stem + ".path", program + "-due" + stem.substr(program.size()) + ".timer"};
}

// The units that start the daemon when there is work; only those that are installed.
std::vector<std::string> with_triggers(const std::string& unit) {
  std::vector<std::string> units;
  for (const auto& trigger : triggers_of(unit)) {
    if (is_loaded(trigger)) units.push_back(trigger);
  }
  units.push_back(unit);
  return units;
}

int run_systemctl(const char* verb, const std::string& unit) {
  std::vector<std::string> command{"systemctl", verb};
  for (const auto& one : with_triggers(unit)) command.push_back(one);
  const auto status = run_command(command);
  return status ? *status : exit_status::io;
}

}  // namespace

std::optional<std::string> managing_unit(const Session& session) {
  if (::access(systemd_runs, F_OK) != 0) return std::nullopt;
  const std::string name = unit_for(session);
  if (name.empty() || name.find('\'') != std::string::npos) return std::nullopt;
  std::string unit = name + ".service";
  if (!is_loaded(unit)) return std::nullopt;
  return unit;
}

Result<int> start_unit(const std::string& unit) {
  const int status = run_systemctl("start", unit);
  if (status == 0) {
    std::cout << "started " << unit << "\n";
    return exit_status::done;
  }
  static_cast<void>(
      run_command({"journalctl", "--unit", unit, "--lines", "10", "--no-pager", "--output", "cat"}));
  return fail(status, "systemctl cannot start " + unit + ": above are its last words");
}

Result<int> stop_unit(const std::string& unit) {
  const int status = run_systemctl("stop", unit);
  if (status != 0) return fail(status, "systemctl cannot stop " + unit);
  std::cout << "stopped " << unit << "\n";
  return exit_status::done;
}

}  // namespace spoold
