#include <algorithm>
#include <iostream>
#include <limits>
#include <memory>

#include "config/nearest.hpp"
#include "entry_report.hpp"
#include "exit_status.hpp"
#include "listing.hpp"
#include "moments.hpp"
#include "policy/glob.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

constexpr std::size_t limit_on_terminal = 50;
constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

struct ListCommand {
  std::string state;
  std::string operation;
  std::optional<int> priority;
  std::optional<std::uint64_t> limit;
  bool json = false;
};

// Every state that can be listed, what goes on first and what is over last.
constexpr std::array list_order{State::processing, State::pending,   State::deferred, State::failed,
                                State::corrupt,    State::cancelled, State::completed};

class Table {
 public:
  Table(bool with_state, WallTime now) : terminal_(Terminal::of(1)), with_state_(with_state), now_(now) {}

  void row(const EntryReport& report) {
    if (!headed_) head();
    headed_ = true;
    const auto& name = report.file.name;
    const std::string age = report.enqueued_at ? format_age(now_ - *report.enqueued_at) : std::string();
    std::cout << line(to_string(report.file.state), printable(report.reference()),
                      std::to_string(report.priority()), std::to_string(name ? name->attempts : 0), age,
                      printable(report.operation()), remark(report))
              << "\n";
  }

 private:
  void head() const {
    std::cout << terminal_.paint(Colour::bold,
                                 line("STATE", "ID", "PRI", "TRY", "AGE", "OPERATION", "REMARK"))
              << "\n";
  }

  [[nodiscard]] std::string remark(const EntryReport& report) const {
    std::string text;
    if (report.due_at) text = "due in " + format_age(*report.due_at - now_);
    if (!report.reason.empty()) text += (text.empty() ? "" : ": ") + printable(report.reason);
    return text;
  }

  // An id is for copying: it is never cut; the operation and the remark are, on a terminal.
  [[nodiscard]] std::string line(std::string_view state, std::string_view id, std::string_view priority,
                                 std::string_view tries, std::string_view age, std::string_view operation,
                                 std::string_view remark) const {
    constexpr std::size_t operation_columns = 16;
    std::string text = with_state_ ? pad(state, 10) + "  " : std::string();
    text +=
        pad(id, 20) + " " + pad_left(priority, 3) + " " + pad_left(tries, 3) + " " + pad_left(age, 6) + "  ";
    if (remark.empty()) {
      text += operation;
    } else {
      text += pad(terminal_.is_terminal() ? cut(operation, operation_columns) : std::string(operation),
                  operation_columns);
      (text += "  ") += remark;
    }
    const auto columns = std::max(terminal_.columns(), text.find(id) + id.size());
    return cut(text, columns);
  }

  Terminal terminal_;
  bool with_state_;
  WallTime now_;
  bool headed_ = false;
};

class Lister {
 public:
  Lister(const ListCommand& command, Session& session, QueueView view, bool with_state)
      : command_(command), view_(std::move(view)), table_(with_state, session.clock.wall_now()) {
    const bool first_page = Terminal::of(1).is_terminal() && !command.json;
    left_ = command.limit.value_or(first_page ? limit_on_terminal : 0);
    if (left_ == 0) left_ = no_limit;
  }

  [[nodiscard]] Result<void> state(State state) {
    // Which entries a filter on operations lets through shows only when they are read.
    const auto keep_max = command_.operation.empty() ? left_ : no_limit;
    const auto listing = list_entries(view_, state, command_.priority, keep_max);
    if (!listing) return listing.error();
    std::uint64_t looked_at = 0;
    for (const auto& file_name : listing->file_names) {
      if (left_ == 0) break;
      ++looked_at;
      show(report_entry(view_, {state, file_name, parse_entry_name(file_name)}));
    }
    not_shown_ += listing->total - looked_at;
    return {};
  }

  void finish() const {
    if (command_.json) return;
    std::cout.flush();
    if (not_shown_ > 0) {
      std::cerr << "and " << group_digits(not_shown_)
                << (command_.operation.empty() ? " more" : " more to look at") << " (--limit 0 shows all)\n";
    } else if (shown_ == 0) {
      std::cerr << "no such entries\n";
    }
  }

 private:
  void show(const EntryReport& report) {
    if (report.gone) return;
    if (!command_.operation.empty() && !glob_matches(command_.operation, report.operation())) return;
    if (command_.json) {
      std::cout << to_text(to_json(report)) << "\n";
    } else {
      table_.row(report);
    }
    ++shown_;
    if (left_ != no_limit) --left_;
  }

  const ListCommand& command_;
  QueueView view_;
  Table table_;
  std::size_t left_;
  std::uint64_t shown_ = 0;
  std::uint64_t not_shown_ = 0;
};

std::string explain_state(const std::string& typed) {
  std::vector<std::string> names;
  for (const State state : list_order) names.emplace_back(to_string(state));
  const auto meant = nearest(typed, names);
  return "no state " + in_quotes(typed) +
         (meant ? "; did you mean '" + *meant + "'?" : "; there are " + any_of(names));
}

Result<int> run(const ListCommand& command, Session& session) {
  std::vector<State> states(list_order.begin(), list_order.end());
  if (!command.state.empty()) {
    const auto state = parse_state(command.state);
    if (!state) return fail(exit_status::usage, explain_state(command.state));
    states = {*state};
  }
  auto view = QueueView::open(session);
  if (!view) return view.error();
  Lister lister(command, session, std::move(*view), states.size() > 1);
  for (const State state : states) SPOOLD_TRY(lister.state(state));
  lister.finish();
  return exit_status::done;
}

}  // namespace

Action define_list(CLI::App& command) {
  const auto options = std::make_shared<ListCommand>();
  command.add_option("STATE", options->state,
                     "pending, processing, deferred, completed, failed, cancelled or corrupt; else all");
  command.add_option("--operation", options->operation, "only these; * stands for any characters, ? for one")
      ->type_name("GLOB");
  command.add_option("--priority", options->priority, "only this priority")
      ->check(CLI::Range(1, 10))
      ->type_name("1-10");
  command.add_option("--limit", options->limit, "at most so many; 0: all. Default: 50 on a terminal, else 0")
      ->check(CLI::Range(0.0, 1e15))
      ->type_name("N");
  command.add_flag("--json", options->json, "JSON Lines, one object an entry");
  command.footer(
      "Pending entries come in the order of their claim, deferred ones as they fall due,\n"
      "what is over newest first.\n\n"
      "Examples:\n"
      "  spoolctl list pending\n"
      "  spoolctl list failed --operation 'chat.*'\n"
      "  spoolctl list --json | jq -r .id");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace spoold
