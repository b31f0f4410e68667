#include "command_tree.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace spoold {

namespace {

OptionDescription describe(const CLI::Option& option) {
  OptionDescription told;
  told.is_argument = option.get_positional();
  if (told.is_argument) {
    told.names.push_back(option.get_name(true));
  } else {
    for (const auto& name : option.get_snames()) told.names.push_back("-" + name);
    for (const auto& name : option.get_lnames()) told.names.push_back("--" + name);
  }
  if (option.get_type_size() != 0)
    told.value = told.is_argument ? told.names.front() : option.get_type_name();
  // CLI11 adds the ranges of checks to a type's name.
  told.value = told.value.substr(0, told.value.find(':'));
  told.help = option.get_description();
  told.is_required = option.get_required();
  told.is_repeated = option.get_expected_max() > 1;
  return told;
}

CommandDescription describe(const CLI::App& command) {
  CommandDescription told{command.get_name(), command.get_description(), command.get_footer(), {}};
  for (const CLI::Option* option : command.get_options()) told.options.push_back(describe(*option));
  return told;
}

}  // namespace

CommandTree describe_commands(const CLI::App& program) {
  CommandTree tree{describe(program), {}};
  for (const CLI::App* verb : program.get_subcommands([](const CLI::App*) { return true; })) {
    tree.verbs.push_back(describe(*verb));
  }
  return tree;
}

}  // namespace spoold
