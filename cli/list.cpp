#include <algorithm>
#include <iostream>
#include <limits>
#include <memory>

#include "base/duration.hpp"
#include "entry_report.hpp"
#include "exit_status.hpp"
#include "listing.hpp"
#include "moments.hpp"
#include "number_option.hpp"
#include "policy/glob.hpp"
#include "state_option.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

constexpr std::size_t limit_on_terminal = 50;
constexpr std::size_t page_max = 10'000;
constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

struct ListCommand {
  std::string state;
  std::string operation;
  std::string text;
  std::string older;
  std::string newer;
  std::optional<int> priority;
  std::optional<std::uint64_t> limit;
  bool json = false;
};

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
                      operation(report), remark(report))
              << "\n";
  }

 private:
  void head() const {
    std::cout << terminal_.paint(Colour::bold,
                                 line("STATE", "ID", "PRI", "TRY", "AGE", "OPERATION", "REMARK"))
              << "\n";
  }

  [[nodiscard]] static std::string operation(const EntryReport& report) {
    const std::string text = printable(report.operation());
    if (!report.file.is_bundle() || report.file.state == State::corrupt) return text;
    return text + (text.empty() ? "" : " ") + "x" + group_digits(report.entries);
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
  Lister(const ListCommand& command, const ListingFilter& filter, Session& session, QueueView view,
         bool with_state)
      : command_(command),
        filter_(filter),
        view_(std::move(view)),
        table_(with_state, session.clock.wall_now()) {
    const bool first_page = Terminal::of(1).is_terminal() && !command.json;
    left_ = command.limit.value_or(first_page ? limit_on_terminal : 0);
    if (left_ == 0) left_ = no_limit;
  }

  [[nodiscard]] Result<void> state(State state) {
    Listing listing(view_, state, filter_);
    while (true) {
      // Which entries a filter on what is in them lets through shows only when they are read.
      const auto page =
          listing.next_page(std::clamp<std::size_t>(looks_inside() ? page_max : left_, 1, page_max));
      if (!page) return page.error();
      std::size_t looked_at = 0;
      for (; looked_at < page->size() && left_ > 0; ++looked_at) {
        const std::string& file_name = (*page)[looked_at];
        show(report_entry(view_, {state, file_name, parse_entry_name(file_name)}));
      }
      const auto rest = listing.left() + (page->size() - looked_at);
      if (rest == 0) return {};
      if (left_ > 0) continue;
      not_shown_ += rest;
      return {};
    }
  }

  void finish() const {
    if (command_.json) return;
    std::cout.flush();
    if (not_shown_ > 0) {
      std::cerr << "and " << group_digits(not_shown_) << (looks_inside() ? " more to look at" : " more")
                << " (--limit 0 shows all)\n";
    } else if (shown_ == 0) {
      std::cerr << "no such entries\n";
    }
  }

 private:
  [[nodiscard]] bool looks_inside() const { return !command_.operation.empty() || !command_.text.empty(); }

  [[nodiscard]] bool is_wanted(const EntryReport& report) const {
    if (report.gone) return false;
    if (!command_.operation.empty() && !glob_matches(command_.operation, report.operation())) return false;
    if (command_.text.empty()) return true;
    const auto holds = [&](const std::string& text) { return text.find(command_.text) != std::string::npos; };
    return holds(report.file.file_name) || holds(report.reason) ||
           (report.entry && holds(to_text(report.entry->document)));
  }

  void show(const EntryReport& report) {
    if (!is_wanted(report)) return;
    if (command_.json) {
      std::cout << to_text(to_json(report)) << "\n";
    } else {
      table_.row(report);
    }
    ++shown_;
    if (left_ != no_limit) --left_;
  }

  const ListCommand& command_;
  const ListingFilter& filter_;
  QueueView view_;
  Table table_;
  std::size_t left_;
  std::uint64_t shown_ = 0;
  std::uint64_t not_shown_ = 0;
};

// A length of time before now.
Result<std::optional<WallTime>> parse_age(const char* option, const std::string& typed, WallTime now) {
  if (typed.empty()) return std::optional<WallTime>();
  const auto age = parse_duration(typed);
  if (!age) return Error{ErrorKind::invalid, std::string(option) + ": " + age.error().message()};
  return std::optional<WallTime>(now - std::min<std::chrono::nanoseconds>(*age, now.time_since_epoch()));
}

Result<ListingFilter> make_filter(const ListCommand& command, WallTime now) {
  const auto before = parse_age("--older", command.older, now);
  if (!before) return before.error();
  const auto after = parse_age("--newer", command.newer, now);
  if (!after) return after.error();
  return ListingFilter{command.priority, *before, *after};
}

Result<int> run(const ListCommand& command, Session& session) {
  std::vector<State> states(list_order.begin(), list_order.end());
  if (!command.state.empty()) {
    const auto state = parse_state_option(command.state);
    if (!state) return fail(exit_status::usage, state.error().message());
    states = {*state};
  }
  const auto filter = make_filter(command, session.clock.wall_now());
  if (!filter) return fail(exit_status::usage, filter.error().message());
  auto view = QueueView::open(session);
  if (!view) return view.error();
  Lister lister(command, *filter, session, std::move(*view), states.size() > 1);
  for (const State state : states) SPOOLD_TRY(lister.state(state));
  lister.finish();
  return exit_status::done;
}

}  // namespace

Action define_list(CLI::App& command) {
  const auto options = std::make_shared<ListCommand>();
  command.add_option("STATE", options->state, state_words() + "; else all");
  command.add_option("--operation", options->operation, "only these; * stands for any characters, ? for one")
      ->type_name("GLOB");
  command.add_option("--priority", options->priority, "only this priority")
      ->check(CLI::Range(1, 10))
      ->type_name("1-10");
  command.add_option("--older", options->older, "only what was enqueued longer ago than this, as 2h")
      ->type_name("DURATION");
  command.add_option("--newer", options->newer, "only what was enqueued since")->type_name("DURATION");
  command
      .add_option("--text", options->text,
                  "only where this stands in the entry, its file's name or its reason")
      ->type_name("TEXT");
  command.add_option("--limit", options->limit, "at most so many; 0: all. Default: 50 on a terminal, else 0")
      ->check(whole_number())
      ->type_name("N");
  command.add_flag("--json", options->json, "JSON Lines, one object an entry");
  command.footer(
      "Pending entries come in the order of their claim, deferred ones as they fall due,\n"
      "what is over newest first.\n\n"
      "Examples:\n"
      "  spoolctl list pending\n"
      "  spoolctl list failed --operation 'chat.*' --newer 1h\n"
      "  spoolctl list --text ada@example.org\n"
      "  spoolctl list --json | jq -r .id");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace spoold
