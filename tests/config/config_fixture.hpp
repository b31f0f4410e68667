#pragma once

#include <map>
#include <string>

#include "config/config_file.hpp"
#include "support/temp_directory.hpp"

namespace spoold::test {

// A configuration file in a directory of its own, read with an environment of its own.
class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text) { directory_.write("spoold.yaml", text); }
  ConfigFile(const std::string& text, std::map<std::string, std::string> variables)
      : variables_(std::move(variables)) {
    directory_.write("spoold.yaml", text);
  }

  [[nodiscard]] std::string path() const { return directory_ / "spoold.yaml"; }
  [[nodiscard]] const std::string& directory() const { return directory_.path(); }

  [[nodiscard]] Environment environment() const {
    return [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      if (found == variables_.end()) return std::nullopt;
      return found->second;
    };
  }

  [[nodiscard]] Result<Config> read() const { return read_config_file(path(), environment()); }

  // What is said against the file, its path shortened to "spoold.yaml"; nothing if it is taken.
  [[nodiscard]] std::string refusal() const {
    const auto config = read();
    return config ? "" : shortened(config.error().message());
  }

  [[nodiscard]] std::string shortened(std::string text) const {
    const std::string prefix = directory_.path() + "/";
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
      text.erase(at, prefix.size());
    return text;
  }

 private:
  TempDirectory directory_;
  std::map<std::string, std::string> variables_;
};

}  // namespace spoold::test
