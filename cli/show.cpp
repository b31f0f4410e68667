#include <iostream>
#include <memory>

#include "entry_finder.hpp"
#include "entry_report.hpp"
#include "exit_status.hpp"
#include "moments.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

struct ShowCommand {
  std::string reference;
  bool json = false;
};

constexpr std::size_t label_columns = 12;

void line(const Terminal& terminal, std::string_view label, std::string_view text) {
  std::cout << terminal.paint(Colour::dim, pad(label, label_columns)) << text << "\n";
}

std::string with_age(WallTime time, WallTime now) {
  const std::string text = format_rfc3339(time);
  return time > now ? text + " (in " + format_age(time - now) + ")"
                    : text + " (" + format_age(now - time) + " ago)";
}

Colour colour_of(State state) {
  switch (state) {
    case State::failed:
    case State::corrupt:
      return Colour::red;
    case State::completed:
      return Colour::green;
    case State::deferred:
      return Colour::yellow;
    default:
      return Colour::bold;
  }
}

// Any JSON on one line; strings as themselves. Line breaks of SQL stay, indented under its first line.
std::string readable(const Json& value) {
  if (!value.is_string()) return printable(to_text(value));
  std::string text;
  std::string_view rest = value.get_ref<const std::string&>();
  while (true) {
    const auto end = rest.find('\n');
    text += printable(rest.substr(0, end));
    if (end == std::string_view::npos) return text;
    rest.remove_prefix(end + 1);
    text += "\n" + std::string(label_columns, ' ');
  }
}

void print_history(const Terminal& terminal, const Json& attempts) {
  std::string_view label = "history";
  for (const Json& attempt : attempts) {
    const auto text = [&](const char* member) {
      const auto found = attempt.is_object() ? attempt.find(member) : attempt.end();
      if (!attempt.is_object() || found == attempt.end()) return std::string();
      return readable(*found);
    };
    std::string told = "#" + text("attempt") + "  " + text("finished_at") + "  " + text("outcome");
    if (const auto reason = text("reason"); !reason.empty()) told += "  " + reason;
    line(terminal, label, told);
    label = "";
  }
}

void print_entry(const Terminal& terminal, const Entry& entry) {
  if (const Json& attempts = entry.field("attempts"); attempts.is_array()) print_history(terminal, attempts);
  for (const char* field : {"sql", "params", "body", "args", "stdin", "key", "not_before", "expires_at",
                            "metadata", "created_at", "result"}) {
    if (const Json& value = entry.field(field); !value.is_null()) line(terminal, field, readable(value));
  }
}

void print_bundle(const Terminal& terminal, const EntryReport& report) {
  const EntryFile& file = report.file;
  if (file.line > 0) {
    line(terminal, "bundle", format_id(file.name->seq) + ", this is its line " + std::to_string(file.line));
  }
  if (!file.is_bundle() || file.state == State::corrupt) return;
  std::string lines = count_entries(report.entries);
  if (file.name && file.name->lines > report.entries) {
    lines += " of " + group_digits(file.name->lines) + "; the others have left it under ids of their own";
  }
  line(terminal, "bundle of", lines);
  if (!report.first_operation.empty()) line(terminal, "operation", printable(report.first_operation));
  if (file.name) {
    line(terminal, "lines' ids",
         format_id(file.name->seq + 1) + " to " + format_id(file.name->last_seq()) + " ('spoolctl show ID')");
  }
}

void print_report(const Terminal& terminal, const QueueView& view, const EntryReport& report, WallTime now) {
  const auto& name = report.file.name;
  const bool to_be_claimed = report.file.state == State::pending;
  line(terminal, "id",
       name            ? format_id(*report.file.id())
       : to_be_claimed ? "none yet: a foreign name, the claim gives it one"
                       : "none: a foreign name");
  line(terminal, "state", terminal.paint(colour_of(report.file.state), to_string(report.file.state)));
  line(
      terminal, "file",
      printable(view.path() + "/" + std::string(to_string(report.file.state)) + "/" + report.file.file_name));
  if (name && !name->label.empty()) {
    line(terminal, "came as", name->label + (name->is_bundle() ? ".jsonl" : ".json"));
  }
  print_bundle(terminal, report);
  if (report.entry) line(terminal, "operation", printable(report.operation()));
  line(terminal, "priority", std::to_string(report.priority()));
  if (report.enqueued_at) line(terminal, "enqueued", with_age(*report.enqueued_at, now));
  if (report.due_at) line(terminal, "due", with_age(*report.due_at, now));
  if (name) {
    line(terminal, "attempts",
         std::to_string(name->attempts) +
             (name->crashes == 0
                  ? std::string()
                  : ", and the daemon died " + count_of(name->crashes, "time") + " holding it"));
  }
  if (!report.reason.empty()) line(terminal, "reason", terminal.paint(Colour::red, readable(report.reason)));
  if (report.entry) print_entry(terminal, *report.entry);
}

Result<int> run(const ShowCommand& command, Session& session) {
  auto view = QueueView::open(session);
  if (!view) return view.error();
  const auto found = find_entries(*view, command.reference);
  if (!found) return found.error();
  if (found->empty()) return fail(exit_status::not_found, explain_not_found(*view, command.reference));

  const auto terminal = Terminal::of(1);
  bool first = true;
  for (const auto& file : *found) {
    const auto report = report_entry(*view, file);
    if (command.json) {
      auto json = to_json(report);
      json["entry"] = report.entry ? report.entry->document : Json();
      std::cout << to_text(json, 2) << "\n";
      continue;
    }
    if (!first) std::cout << "\n";
    first = false;
    print_report(terminal, *view, report, session.clock.wall_now());
  }
  return exit_status::done;
}

}  // namespace

Action define_show(CLI::App& command) {
  const auto options = std::make_shared<ShowCommand>();
  command.add_option("ID", options->reference, "an id, a file's name, or the name it was dropped under")
      ->required();
  command.add_flag("--json", options->json, "one JSON object, with the entry itself as \"entry\"");
  command.footer(
      "Exit status 1: there is no such entry in any state.\n\n"
      "Examples:\n"
      "  spoolctl show 01767328963000050032\n"
      "  spoolctl show nightly-report.json --json");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace spoold
