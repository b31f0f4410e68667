#include "completion_script.hpp"

#include "state_option.hpp"

namespace spoold {

namespace {

// A verb's words, each after a space.
std::string all_names(const CommandDescription& command) {
  std::string text;
  for (const auto& option : command.options) {
    if (option.is_argument) continue;
    for (const auto& name : option.names) text += " " + name;
  }
  return text;
}

std::string argument_of(const CommandDescription& command) {
  for (const auto& option : command.options) {
    if (option.is_argument) return option.value;
  }
  return {};
}

std::string states() {
  std::string text;
  for (const State state : list_order) text += (text.empty() ? "" : " ") + std::string(to_string(state));
  return text;
}

// "--queue|--config": the options that take a value of this kind.
std::string pattern_of(const CommandDescription& command, CompletedBy kind) {
  std::string text;
  for (const auto& option : command.options) {
    if (option.is_argument || option.value.empty() || completed_by(option.value) != kind) continue;
    for (const auto& name : option.names) text += (text.empty() ? "" : "|") + name;
  }
  return text;
}

std::string valued_pattern(const CommandDescription& command) {
  std::string text;
  for (const auto& option : command.options) {
    if (option.is_argument || option.value.empty()) continue;
    for (const auto& name : option.names) text += (text.empty() ? "" : "|") + name;
  }
  return text;
}

// In single quotes, for any of the shells.
std::string quoted(std::string_view text, const char* quote_inside) {
  std::string result = "'";
  for (const char byte : text) {
    if (byte == '\'') {
      result += quote_inside;
    } else {
      result += byte;
    }
  }
  return result + "'";
}

std::string shell_quoted(std::string_view text) {
  return quoted(text, "'\\''");
}

// The first sentence, on one line.
std::string brief(const std::string& help) {
  std::string line = help.substr(0, help.find('\n'));
  return line.substr(0, line.find(". "));
}

std::string words_for(const std::string& argument, const char* shell_call) {
  switch (completed_by(argument)) {
    case CompletedBy::ids:
      return "$(" + std::string(shell_call) + " ids 2>/dev/null)";
    case CompletedBy::lanes:
      return "$(" + std::string(shell_call) + " lanes 2>/dev/null)";
    case CompletedBy::states:
      return states();
    case CompletedBy::shells:
      return "bash zsh fish";
    default:
      return {};
  }
}

// A command's options for zsh, each with what it is for.
std::string described(const CommandDescription& command) {
  std::string text;
  for (const auto& option : command.options) {
    if (option.is_argument) continue;
    for (const auto& name : option.names) text += " " + shell_quoted(name + ":" + brief(option.help));
  }
  return text;
}

}  // namespace

CompletedBy completed_by(const std::string& value) {
  if (value == "ID") return CompletedBy::ids;
  if (value == "LANE") return CompletedBy::lanes;
  if (value == "STATE") return CompletedBy::states;
  if (value == "SHELL") return CompletedBy::shells;
  if (value == "FILE") return CompletedBy::files;
  if (value == "DIR") return CompletedBy::directories;
  return CompletedBy::nothing;
}

std::string bash_completion(const CommandTree& tree) {
  const auto& program = tree.program;
  const std::string call = "spoolctl \"${queue[@]}\" completion";
  std::string verbs;
  std::string cases;
  for (const auto& verb : tree.verbs) {
    verbs += (verbs.empty() ? "" : " ") + verb.name;
    cases += "    " + verb.name + ")\n";
    if (const auto files = pattern_of(verb, CompletedBy::files); !files.empty()) {
      cases += "      case $previous in " + files +
               ") COMPREPLY=($(compgen -f -- \"$current\")); return ;; esac\n";
    }
    if (const auto valued = valued_pattern(verb); !valued.empty()) {
      cases += "      case $previous in " + valued + ") return ;; esac\n";
    }
    cases += "      options='" + all_names(verb).substr(1) + "'\n";
    if (const auto words = words_for(argument_of(verb), call.c_str()); !words.empty()) {
      cases += "      [[ $current == -* ]] || values=\"" + words + "\"\n";
    }
    cases += "      ;;\n";
  }
  return "# bash completion of spoolctl, made by 'spoolctl completion bash'\n"
         "_spoolctl() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} verb= options= "
         "values= i\n"
         "  local -a queue=()\n"
         "  COMPREPLY=()\n"
         "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
         "    case ${COMP_WORDS[i]} in\n"
         "      " +
         valued_pattern(program) +
         ") queue+=(\"${COMP_WORDS[i]}\" \"${COMP_WORDS[++i]}\") ;;\n"
         "      -*) ;;\n"
         "      *) [[ -n $verb ]] || verb=${COMP_WORDS[i]} ;;\n"
         "    esac\n"
         "  done\n"
         "  case $previous in\n"
         "    " +
         pattern_of(program, CompletedBy::directories) +
         ") COMPREPLY=($(compgen -d -- \"$current\")); return ;;\n"
         "    " +
         pattern_of(program, CompletedBy::files) +
         ") COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
         "  esac\n"
         "  case $verb in\n"
         "    '')\n"
         "      values='" +
         verbs +
         "'\n"
         "      options='" +
         all_names(program).substr(1) +
         "'\n"
         "      ;;\n" +
         cases +
         "  esac\n"
         "  [[ $current != -* && -n $values ]] || values=$options\n"
         "  COMPREPLY=($(compgen -W \"$values\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F _spoolctl spoolctl\n";
}

std::string zsh_completion(const CommandTree& tree) {
  const auto& program = tree.program;
  std::string verbs;
  std::string cases;
  for (const auto& verb : tree.verbs) {
    verbs += " " + shell_quoted(verb.name + ":" + verb.help);
    cases += "    " + verb.name + ")\n";
    if (const auto files = pattern_of(verb, CompletedBy::files); !files.empty()) {
      cases += "      case $words[CURRENT-1] in (" + files + ") _files; return ;; esac\n";
    }
    if (const auto valued = valued_pattern(verb); !valued.empty()) {
      cases += "      case $words[CURRENT-1] in (" + valued + ") return ;; esac\n";
    }
    cases += "      options=(" + described(verb).substr(1) + ")\n";
    if (const auto words = words_for(argument_of(verb), "spoolctl $queue completion"); !words.empty()) {
      cases += "      values=(" + words + ")\n";
    }
    cases += "      ;;\n";
  }
  return "#compdef spoolctl\n"
         "# zsh completion of spoolctl, made by 'spoolctl completion zsh'\n"
         "_spoolctl() {\n"
         "  local verb i\n"
         "  local -a queue verbs options values\n"
         "  for ((i = 2; i < CURRENT; ++i)); do\n"
         "    case $words[i] in\n"
         "      (" +
         valued_pattern(program) +
         ") queue+=(\"$words[i]\" \"$words[i+1]\"); ((++i)) ;;\n"
         "      (-*) ;;\n"
         "      (*) [[ -n $verb ]] || verb=$words[i] ;;\n"
         "    esac\n"
         "  done\n"
         "  case $words[CURRENT-1] in\n"
         "    (" +
         pattern_of(program, CompletedBy::directories) +
         ") _files -/; return ;;\n"
         "    (" +
         pattern_of(program, CompletedBy::files) +
         ") _files; return ;;\n"
         "  esac\n"
         "  case $verb in\n"
         "    '')\n"
         "      verbs=(" +
         verbs.substr(1) +
         ")\n"
         "      options=(" +
         described(program).substr(1) +
         ")\n"
         "      _describe -t verbs verb verbs\n"
         "      ;;\n" +
         cases +
         "  esac\n"
         "  (( $#values )) && compadd -a values\n"
         "  _describe -o -t options option options\n"
         "}\n"
         // Sourced, it is announced; found in fpath, the file is the function at its first call.
         "if [[ $funcstack[1] == _spoolctl ]]; then _spoolctl \"$@\"; else compdef _spoolctl spoolctl; fi\n";
}

std::string fish_completion(const CommandTree& tree) {
  const auto fish_quoted = [](std::string_view text) { return quoted(text, "\\'"); };
  const auto option_line = [&](const std::string& condition, const OptionDescription& option) {
    std::string line = "complete -c spoolctl -n " + fish_quoted(condition);
    for (const auto& name : option.names) {
      line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    if (!option.value.empty()) {
      const auto by = completed_by(option.value);
      line += by == CompletedBy::files || by == CompletedBy::directories ? " -r -F" : " -x";
    }
    return line + " -d " + fish_quoted(brief(option.help)) + "\n";
  };
  std::string text =
      "# fish completion of spoolctl, made by 'spoolctl completion fish'\ncomplete -c spoolctl -f\n";
  for (const auto& option : tree.program.options) text += option_line("true", option);
  for (const auto& verb : tree.verbs) {
    text += "complete -c spoolctl -n __fish_use_subcommand -a " + verb.name + " -d " +
            fish_quoted(verb.help) + "\n";
    const std::string condition = "__fish_seen_subcommand_from " + verb.name;
    for (const auto& option : verb.options) {
      if (!option.is_argument) text += option_line(condition, option);
    }
    std::string words;
    switch (completed_by(argument_of(verb))) {
      case CompletedBy::ids:
        words = "(spoolctl completion ids 2>/dev/null)";
        break;
      case CompletedBy::lanes:
        words = "(spoolctl completion lanes 2>/dev/null)";
        break;
      default:
        words = words_for(argument_of(verb), "");
    }
    if (!words.empty()) {
      text += "complete -c spoolctl -n " + fish_quoted(condition) + " -a " + fish_quoted(words) + "\n";
    }
  }
  return text;
}

}  // namespace spoold
