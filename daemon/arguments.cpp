#include "daemon/arguments.hpp"

#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>

namespace spoold {

namespace {

constexpr const char* footer = R"(Examples:
  spoold --config /etc/spoold/spoold.yaml
  spoold --queue ./queue --config spoold.yaml --once

Exit status: 0 idle or done, 64 usage, 69 --once or --drain ended while a backend or the storage is out of order,
70 internal error, 71 no threads, descriptors or memory to be had, 74 the queue cannot be used or went away,
75 another instance holds the lock, 78 bad configuration.

SIGTERM and SIGINT end it: running work gets worker.shutdown_grace, a second signal cuts that short.
SIGHUP reads the configuration again: backends, routes, limits and the worker's options. A bad file changes
nothing. Options under `queue:` and worker.watch, poll_interval, settle_time and max_crashes need a restart.)";

// Lets one of the words stand for its value.
template <typename Value>
CLI::Validator one_of(const std::map<std::string, Value>& words, const std::string& expected) {
  return CLI::Validator(
      [words, expected](std::string& text) -> std::string {
        const auto found = words.find(text);
        if (found == words.end()) return "'" + text + "' is none of them; expected " + expected;
        text = std::to_string(static_cast<int>(found->second));
        return {};
      },
      "");
}

CLI::Validator number_from_one() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
        const bool zero = text.find_first_not_of('0') == std::string::npos;
        return digits && !zero && text.size() <= 18
                   ? std::string{}
                   : "'" + text + "' is no such number; expected a whole number from 1";
      },
      "");
}

int refuse(CLI::App& app, const CLI::ParseError& problem) {
  std::string text = problem.what();
  if (const auto left = app.remaining(); !left.empty()) text = "no option '" + left.front() + "'";
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::cerr << "spoold: " << text << "; see 'spoold --help'\n";
  return EX_USAGE;
}

}  // namespace

std::variant<Arguments, int> parse_arguments(int argc, const char* const* argv) {
  Arguments arguments;
  bool once = false;
  bool drain = false;
  CLI::App app{"spoold drains a directory of JSON entries into a database, a service or a command.",
               "spoold"};
  app.footer(footer);
  app.set_version_flag("--version", "spoold " SPOOLD_VERSION);
  app.add_option("--config", arguments.config, "configuration file")
      ->envname("SPOOLD_CONFIG")
      ->type_name("FILE");
  app.add_option("--queue", arguments.queue, "queue directory, over the configuration's")->type_name("DIR");
  CLI::Option* once_flag = app.add_flag("--once", once, "recover, drain what is pending, exit");
  app.add_flag("--drain", drain, "as --once, and wait for what is deferred too")->excludes(once_flag);
  app.add_option("--max-entries", arguments.entries_max,
                 "exit after N entries were settled; a bundle that began runs whole")
      ->type_name("N")
      ->check(number_from_one());
  app.add_flag("--check-config", arguments.check_config,
               "read the configuration, say what is wrong with it or that all is well, exit");
  const std::map<std::string, Severity> levels{{"debug", Severity::debug},
                                               {"info", Severity::info},
                                               {"notice", Severity::notice},
                                               {"warning", Severity::warning},
                                               {"error", Severity::error}};
  app.add_option("--log-level", arguments.log_level, "debug, info, notice, warning or error")
      ->envname("SPOOLD_LOG_LEVEL")
      ->type_name("L")
      ->transform(one_of(levels, "debug, info, notice, warning or error"));
  const std::map<std::string, LogFormat> formats{{"auto", LogFormat::automatic},
                                                 {"text", LogFormat::text},
                                                 {"json", LogFormat::json},
                                                 {"journal", LogFormat::journal}};
  app.add_option(
         "--log-format", arguments.log_format,
         "auto (the journal where standard error is connected to it, else text), text, json or journal")
      ->envname("SPOOLD_LOG_FORMAT")
      ->type_name("F")
      ->transform(one_of(formats, "auto, text, json or journal"));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return problem.get_exit_code() == 0 ? app.exit(problem, std::cout, std::cerr) : refuse(app, problem);
  }
  if (once) arguments.mode = RunMode::once;
  if (drain) arguments.mode = RunMode::drain;
  return arguments;
}

}  // namespace spoold
