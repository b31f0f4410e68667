#include "backend/command_environment.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace spoold {

namespace {

constexpr const char* fixed_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::string_view name_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

// By these a shell runs or reads something before, or otherwise than, its script says.
constexpr std::array<std::string_view, 11> refused_names{"BASH_ENV", "ENV",        "IFS",    "SHELLOPTS",
                                                         "BASHOPTS", "CDPATH",     "PS4",    "GLOBIGNORE",
                                                         "NLSPATH",  "GCONV_PATH", "LOCPATH"};
constexpr std::array<std::string_view, 3> refused_beginnings{"LD_", "BASH_FUNC_", "GLIBC_"};

}  // namespace

std::optional<std::string> check_environment_name(std::string_view name) {
  if (name.empty() || (name.front() >= '0' && name.front() <= '9') ||
      name.find_first_not_of(name_letters) != std::string_view::npos) {
    return "is no name for a variable (letters, digits and _, no digit first)";
  }
  if (name.starts_with("SPOOLD_")) return "is set by spoold itself";
  const auto begins = [&](std::string_view beginning) { return name.starts_with(beginning); };
  if (std::find(refused_names.begin(), refused_names.end(), name) != refused_names.end() ||
      std::any_of(refused_beginnings.begin(), refused_beginnings.end(), begins)) {
    return "changes which code a program runs, and is not let through";
  }
  return std::nullopt;
}

std::vector<std::string> make_environment(const CommandOptions& options) {
  std::map<std::string, std::string> variables{{"PATH", fixed_path}};
  for (const std::string& name : options.pass_environment) {
    if (const char* const value = std::getenv(name.c_str())) variables[name] = value;
  }
  for (const auto& [name, value] : options.environment) variables[name] = value;
  std::vector<std::string> lines;
  lines.reserve(variables.size());
  for (const auto& [name, value] : variables) lines.push_back(name + "=" + value);
  return lines;
}

}  // namespace spoold
