#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>
#include <map>

#include "config/nearest.hpp"
#include "exit_status.hpp"
#include "verb.hpp"

namespace spoold {

namespace {

// The command line: the options every verb shares, and the verbs.
class CommandLine {
 public:
  CommandLine() {
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.set_version_flag("--version", "spoolctl " SPOOLD_VERSION);
    app_.add_option("--queue", queue_.directory, "the queue's directory")->type_name("DIR");
    app_.add_option("--config", queue_.config_file, "a configuration of spoold; it names the queue")
        ->type_name("FILE");
    app_.add_option("--instance", queue_.instance, "the queue of this instance of spoold@.service")
        ->type_name("NAME")
        ->excludes("--queue")
        ->excludes("--config");
    app_.footer(
        "Without any: $SPOOLD_QUEUE, $SPOOLD_CONFIG, /etc/spoold/spoold.yaml, then the\n"
        "default directory. Everything works on the directory, with the daemon up or down.\n\n"
        "Examples:\n"
        "  spoolctl --queue /var/spool/spoold/mail init\n"
        "  echo '{\"operation\": \"greet\"}' | spoolctl enqueue\n"
        "  spoolctl status\n"
        "  spoolctl enqueue --help");
    for (const Verb& verb : verbs()) {
      auto* command = app_.add_subcommand(verb.name, verb.summary);
      actions_[command] = verb.define(*command);
    }
  }

  // Nothing: run the action. Else the exit status: help was printed, or what is wrong.
  [[nodiscard]] std::optional<int> parse(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
      return std::nullopt;
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) return app_.exit(error);
      return fail(exit_status::usage, explain(error));
    }
  }

  [[nodiscard]] const Action& action() const { return actions_.at(app_.get_subcommands().front()); }
  [[nodiscard]] const Verb& verb() const {
    const std::string chosen = app_.get_subcommands().front()->get_name();
    return *std::find_if(verbs().begin(), verbs().end(),
                         [&](const Verb& verb) { return chosen == verb.name; });
  }
  [[nodiscard]] const QueueOption& queue() const { return queue_; }

 private:
  [[nodiscard]] std::string explain(const CLI::ParseError& error) {
    const auto chosen = app_.get_subcommands();
    const auto left = app_.remaining(true);
    const std::string see =
        "; see 'spoolctl " + (chosen.empty() ? "" : chosen.front()->get_name() + " ") + "--help'";
    if (!left.empty() && left.front().starts_with('-')) {
      return "no option " + in_quotes(left.front()) + suggest(left.front(), option_names(chosen), see);
    }
    if (chosen.empty() && !left.empty()) {
      return "no verb " + in_quotes(left.front()) + suggest(left.front(), verb_names(), see);
    }
    if (chosen.empty() && error.get_name() == "RequiredError")
      return "which verb? " + any_of(verb_names()) + see;
    std::string text = error.what();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text + see;
  }

  static std::string suggest(const std::string& typed, const std::vector<std::string>& words,
                             const std::string& otherwise) {
    const auto meant = nearest(typed.substr(0, typed.find('=')), words);
    return meant ? "; did you mean '" + *meant + "'?" : otherwise;
  }

  static std::vector<std::string> verb_names() {
    std::vector<std::string> names;
    for (const Verb& verb : verbs()) names.emplace_back(verb.name);
    return names;
  }

  [[nodiscard]] std::vector<std::string> option_names(const std::vector<CLI::App*>& chosen) {
    std::vector<std::string> names;
    std::vector<CLI::App*> apps{&app_};
    apps.insert(apps.end(), chosen.begin(), chosen.end());
    for (CLI::App* app : apps) {
      for (const CLI::Option* option : app->get_options()) {
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
      }
    }
    return names;
  }

  CLI::App app_{"Puts work into a spoold queue, and shows and steers what is in it.", "spoolctl"};
  QueueOption queue_;
  std::map<const CLI::App*, Action> actions_;
};

// A broken configuration must not keep anybody from the queue.
std::string explain_config(const CommandLine& line, const Error& error) {
  const bool by_config = line.verb().by_config;
  // The defaults may be no better, if it is the environment that is wrong.
  QueueOption any_queue;
  any_queue.directory = ".";
  if (by_config || !Session::open(any_queue)) return error.message();
  return error.message() + "; 'spoolctl --queue DIR " + line.verb().name + "' does without the configuration";
}

int run(int argc, char** argv) {
  CommandLine line;
  if (const auto status = line.parse(argc, argv)) return *status;
  auto session = Session::open(line.queue());
  if (!session) return fail(exit_status::bad_config, explain_config(line, session.error()));
  const auto status = line.action()(*session);
  if (!status) return fail(exit_status::of(status.error().kind), status.error().message());
  if (!std::cout.flush()) return fail(exit_status::io, "cannot write to standard output");
  return *status;
}

}  // namespace

}  // namespace spoold

int main(int argc, char** argv) {
  // Whoever started this may have it ignored; a reader that went away ends us quietly, as it does other
  // tools.
  std::signal(SIGPIPE, SIG_DFL);
  std::ios::sync_with_stdio(false);
  try {
    return spoold::run(argc, argv);
  } catch (const std::exception& error) {
    return spoold::fail(spoold::exit_status::bug, std::string("internal error: ") + error.what());
  }
}
