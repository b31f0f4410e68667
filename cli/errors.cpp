#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <set>

#include "entry_report.hpp"
#include "exit_status.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

// Entries of one state that ended for the same reason, word for word.
struct Group {
  State state = State::failed;
  std::string reason;
  std::uint64_t count = 0;
  std::set<std::string> operations;
  std::string example;  // the newest: of ids, the highest
};

using Groups = std::map<std::pair<State, std::string>, Group>;

Result<void> gather(QueueView& view, State state, Groups& groups) {
  return view.each(state, [&](std::string_view file_name) {
    const auto report = report_entry(view, {state, std::string(file_name), parse_entry_name(file_name)});
    if (report.gone) return true;
    const std::string reason = report.reason.empty() ? "no reason was kept" : report.reason;
    auto& group = groups[{state, reason}];
    group.state = state;
    group.reason = reason;
    ++group.count;
    if (report.entry) group.operations.insert(report.operation());
    group.example = std::max(group.example, report.reference());
    return true;
  });
}

std::vector<Group> most_frequent_first(Groups groups) {
  std::vector<Group> sorted;
  for (auto& [key, group] : groups) sorted.push_back(std::move(group));
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Group& a, const Group& b) { return a.count > b.count; });
  return sorted;
}

void print_json(const Group& group) {
  const Json json{{"state", to_string(group.state)},
                  {"reason", group.reason},
                  {"count", group.count},
                  {"operations", group.operations},
                  {"example", group.example}};
  std::cout << to_text(json) << "\n";
}

std::string list_operations(const std::set<std::string>& operations) {
  constexpr std::size_t shown_max = 3;
  std::string text;
  std::size_t shown = 0;
  for (const auto& operation : operations) {
    if (shown == shown_max) break;
    text += (shown++ == 0 ? "" : ", ") + printable(operation);
  }
  if (operations.size() > shown) text += " and " + std::to_string(operations.size() - shown) + " more";
  return text;
}

void print(const Terminal& terminal, const Group& group) {
  constexpr std::size_t indent = 18;
  const auto columns = terminal.is_terminal() ? terminal.columns() - indent : std::string::npos;
  std::string head = pad_left(group_digits(group.count), 7) + "  " + pad(to_string(group.state), 9);
  for (const auto& line : wrap(printable(group.reason), columns)) {
    std::cout << head << terminal.paint(Colour::red, line) << "\n";
    head = std::string(indent, ' ');
  }
  std::string where = "e.g. " + printable(group.example);
  if (!group.operations.empty()) where += " (" + list_operations(group.operations) + ")";
  std::cout << head << terminal.paint(Colour::dim, cut(where, columns)) << "\n";
}

Result<int> run(bool json, Session& session) {
  auto view = QueueView::open(session);
  if (!view) return view.error();
  Groups groups;
  SPOOLD_TRY(gather(*view, State::failed, groups));
  SPOOLD_TRY(gather(*view, State::corrupt, groups));
  const auto terminal = Terminal::of(1);
  const auto sorted = most_frequent_first(std::move(groups));
  for (const auto& group : sorted) {
    if (json) {
      print_json(group);
    } else {
      print(terminal, group);
    }
  }
  if (sorted.empty() && !json) std::cout << "nothing has failed\n";
  return exit_status::done;
}

}  // namespace

Action define_errors(CLI::App& command) {
  const auto json = std::make_shared<bool>(false);
  command.add_flag("--json", *json, "JSON Lines, one object a reason");
  command.footer(
      "Failed and corrupt entries, the most frequent reason first.\n\n"
      "Examples:\n"
      "  spoolctl errors\n"
      "  spoolctl errors --json | jq -r .example | xargs -r -n1 spoolctl show");
  return [json](Session& session) { return run(*json, session); };
}

}  // namespace spoold
