#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace spoold {

// The command line as CLI11 knows it, for what is made from it: completion and the manual page.
struct OptionDescription {
  std::vector<std::string> names;  // "-q", "--quiet"; of an argument its one name, "ID"
  std::string value;               // what it takes, as "FILE"; empty: nothing
  std::string help;
  bool is_argument = false;
  bool is_required = false;
  bool is_repeated = false;
};

struct CommandDescription {
  std::string name;
  std::string help;
  std::string notes;  // below its options: more words, and examples
  std::vector<OptionDescription> options;
};

struct CommandTree {
  CommandDescription program;  // what every verb takes
  std::vector<CommandDescription> verbs;
};

[[nodiscard]] CommandTree describe_commands(const CLI::App& program);

}  // namespace spoold
