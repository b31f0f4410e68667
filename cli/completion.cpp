#include <iostream>
#include <memory>

#include "completion_script.hpp"
#include "exit_status.hpp"
#include "lane_names.hpp"
#include "listing.hpp"
#include "manual_page.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

// The ids somebody may want to type: of what goes on or went wrong, those first in each state.
Result<int> print_ids(Session& session) {
  constexpr std::size_t ids_of_state_max = 100;
  auto view = QueueView::open(session);
  if (!view) return view.error();
  for (const State state :
       {State::processing, State::pending, State::deferred, State::failed, State::cancelled}) {
    Listing listing(*view, state, {});
    const auto page = listing.next_page(ids_of_state_max);
    if (!page) return page.error();
    for (const auto& file_name : *page) {
      const auto name = parse_entry_name(file_name);
      if (name) std::cout << format_id(name->seq) << "\n";
    }
  }
  return exit_status::done;
}

Result<int> print_lanes(Session& session) {
  const auto view = QueueView::open(session);
  if (!view) return view.error();
  const auto lanes = known_lanes(session, *view);
  if (!lanes) return lanes.error();
  for (const auto& name : lanes->names) std::cout << name << "\n";
  return exit_status::done;
}

Result<int> run(const std::string& what, const CLI::App& program, Session& session) {
  if (what == "ids") return print_ids(session);
  if (what == "lanes") return print_lanes(session);
  const CommandTree tree = describe_commands(program);
  if (what == "bash") {
    std::cout << bash_completion(tree);
  } else if (what == "zsh") {
    std::cout << zsh_completion(tree);
  } else if (what == "fish") {
    std::cout << fish_completion(tree);
  } else if (what == "man") {
    std::cout << manual_page(tree);
  } else {
    return fail(exit_status::usage, "no shell '" + printable(what) + "'; there are bash, zsh and fish");
  }
  return exit_status::done;
}

}  // namespace

Action define_completion(CLI::App& command) {
  const auto what = std::make_shared<std::string>();
  command
      .add_option("SHELL", *what,
                  "bash, zsh or fish; man: the manual page; ids, lanes: what the scripts ask for")
      ->required();
  command.footer(
      "Prints a script that completes verbs, options, states, ids and lanes. The directory must\n"
      "be there (mkdir -p). zsh looks into it if 'fpath=(~/.zfunc $fpath)' stands before compinit\n"
      "in ~/.zshrc.\n\n"
      "Examples:\n"
      "  spoolctl completion bash > ~/.local/share/bash-completion/completions/spoolctl\n"
      "  spoolctl completion zsh > ~/.zfunc/_spoolctl\n"
      "  spoolctl completion fish > ~/.config/fish/completions/spoolctl.fish");
  return [what, &command](Session& session) { return run(*what, *command.get_parent(), session); };
}

}  // namespace spoold
