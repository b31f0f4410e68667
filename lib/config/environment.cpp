#include "config/environment.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "config/nearest.hpp"

namespace spoold {

namespace {

constexpr const char* usual_file = "/etc/spoold/spoold.yaml";

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string{value};
  };
}

std::optional<std::string> default_config_file(const Environment& environment) {
  if (auto file = environment("SPOOLD_CONFIG"); file && !file->empty()) return file;
  // Anything but "not there" is worth the message that reading it will give.
  struct stat status {};
  if (::stat(usual_file, &status) != 0 && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  return usual_file;
}

void lay_environment_over(const Environment& environment, const std::string& section,
                          const std::vector<Option>& options, Reading& reading) {
  for (const Option& option : options) {
    take_from_environment(environment, "SPOOLD_" + upper(section) + "_" + upper(option.key),
                          join_path(section, option.key), option, reading);
  }
}

void take_from_environment(const Environment& environment, const std::string& variable,
                           const std::string& path, const Option& option, Reading& reading) {
  reading.know_variable(variable);
  const auto text = environment(variable);
  if (!text || text->empty()) return;
  const Place place{0, variable};
  reading.found(path, place);
  if (const auto problem = option.take(*text))
    reading.refuse(place, in_quotes(*text) + " " + *problem + "; expected " + option.expected);
}

}  // namespace spoold
