#include <charconv>

#include "backend/command_environment.hpp"
#include "config/backend_section.hpp"
#include "config/nearest.hpp"

namespace spoold {

namespace {

using Arguments = std::vector<std::pair<std::string, EntryArguments>>;
using Verdicts = std::vector<std::pair<std::string, CommandVerdict>>;

constexpr int exit_status_max = 255;
constexpr mode_t umask_max = 0777;

Option verdict_option(CommandVerdict& verdict) {
  return choice_option<CommandVerdict>("", verdict,
                                       Verdicts{{"done", CommandVerdict::done},
                                                {"retry", CommandVerdict::retry},
                                                {"reject", CommandVerdict::reject},
                                                {"unavailable", CommandVerdict::unavailable}});
}

// As chmod and umask write it: octal, with or without a leading 0.
Option umask_option(mode_t& value) {
  return {"umask", "an octal mask from 0 to 0777, such as 0077",
          [&value](std::string_view text) -> std::optional<std::string> {
            unsigned mask = 0;
            const char* const text_end = text.data() + text.size();
            const auto [end, problem] = std::from_chars(text.data(), text_end, mask, 8);
            if (end != text_end || problem == std::errc::invalid_argument) return "is no octal number";
            if (mask > umask_max || problem != std::errc{}) return "is too large";
            value = mask;
            return std::nullopt;
          }};
}

// An argument or a value: any text but one with NUL, also an empty one.
Option any_text_option(std::string& value, std::string expected) {
  return {"", std::move(expected), [&value](std::string_view text) -> std::optional<std::string> {
            if (text.find('\0') != std::string_view::npos) return "holds a NUL byte";
            value = text;
            return std::nullopt;
          }};
}

// A path that must not depend on where the daemon stands.
Option absolute_path_option(std::string key, std::string& value, const std::string& expected) {
  return {std::move(key), expected, [&value](std::string_view text) -> std::optional<std::string> {
            if (text.find('\0') != std::string_view::npos) return "holds a NUL byte";
            if (!text.starts_with('/')) return "is no absolute path";
            value = text;
            return std::nullopt;
          }};
}

Option variable_name_option(std::string& value) {
  return {"", "the name of a variable, such as HOME",
          [&value](std::string_view text) -> std::optional<std::string> {
            auto problem = check_environment_name(text);
            if (!problem) value = text;
            return problem;
          }};
}

void read_texts(MapReader& backend, const std::string& key, const std::string& expected,
                const std::function<Option(std::string&)>& option, std::vector<std::string>& target) {
  for (const MapReader::Child& item : backend.list(key, expected)) {
    std::string text;
    if (backend.value(item, option(text))) target.push_back(text);
  }
}

void read_environment(MapReader variables, std::map<std::string, std::string>& target) {
  for (const MapReader::Child& child : variables.members()) {
    std::string name;
    if (const auto problem = variable_name_option(name).take(child.name)) {
      variables.reading().refuse({child.line, {}},
                                 variables.path() + ": " + in_quotes(child.name) + " " + *problem);
      continue;
    }
    std::string value;
    if (variables.value(child, any_text_option(value, "a text"))) target[name] = value;
  }
}

std::optional<int> exit_status(const std::string& text) {
  int number = 0;
  const char* const text_end = text.data() + text.size();
  const auto [end, problem] = std::from_chars(text.data(), text_end, number);
  if (problem != std::errc{} || end != text_end || number < 0 || number > exit_status_max)
    return std::nullopt;
  return number;
}

// What is not given stays as it is by default.
void read_verdicts(MapReader codes, CommandVerdicts& verdicts) {
  for (const MapReader::Child& child : codes.members()) {
    CommandVerdict verdict{};
    if (!codes.value(child, verdict_option(verdict))) continue;
    if (child.name == "other") {
      verdicts.other = verdict;
    } else if (child.name == "signal") {
      verdicts.signal = verdict;
    } else if (const auto status = exit_status(child.name)) {
      verdicts.codes[*status] = verdict;
    } else {
      codes.reading().refuse({child.line, {}}, codes.path() + ": " + in_quotes(child.name) +
                                                   " is no exit status; expected 0 to 255, other or signal");
    }
  }
}

}  // namespace

decltype(BackendConfig::options) read_command(MapReader& backend) {
  CommandOptions options;
  backend.required(absolute_path_option("program", options.program,
                                        "the absolute path of a program, such as /usr/bin/convert"));
  backend.options({
      choice_option<EntryArguments>("allow_arguments", options.allow_arguments,
                                    Arguments{{"any", EntryArguments::any},
                                              {"operands", EntryArguments::operands},
                                              {"none", EntryArguments::none}}),
      size_option("max_argument_bytes", options.argument_bytes_max, {"0B", "1MiB", "128KiB", ""}),
      count_option<std::size_t>("concurrency", options.concurrency, 1, 1000, 2),
      duration_option("timeout", options.timeout, {"1ms", "24h", "60s", ""}),
      duration_option("kill_grace", options.kill_grace, {"0s", "1h", "5s", "no SIGTERM, SIGKILL at once"}),
      absolute_path_option("working_directory", options.working_directory,
                           "the absolute path of a directory, such as /srv/work"),
      umask_option(options.umask),
      size_option("max_output_bytes", options.output_bytes_max, {"0B", "16MiB", "64KiB", ""}),
  });
  const auto argument = [](std::string& text) { return any_text_option(text, "a text"); };
  read_texts(backend, "arguments", "a list of texts, such as [-quiet, \"--\"]", argument, options.arguments);
  read_texts(backend, "pass_environment", "a list of variables, such as [HOME, LANG]", variable_name_option,
             options.pass_environment);
  read_environment(backend.map("environment", "{ LANG: C.UTF-8 }"), options.environment);
  read_verdicts(backend.map("exit_codes", "{ 3: reject, other: retry }"), options.verdicts);
  return options;
}

}  // namespace spoold
