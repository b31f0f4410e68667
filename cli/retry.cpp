#include <iostream>

#include "entry_finder.hpp"
#include "entry_move.hpp"
#include "entry_report.hpp"
#include "exit_status.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

struct RetryCommand {
  std::vector<std::string> references;
  bool all_failed = false;
};

bool may_be_retried(State state) {
  return state == State::failed || state == State::cancelled || state == State::corrupt;
}

std::string explain_state(const EntryFile& file) {
  if (file.line > 0) {
    return "it is " + describe_line(file) +
           (may_be_retried(file.state) ? ": retry the bundle as a whole" : std::string());
  }
  switch (file.state) {
    case State::completed:
      return "it is completed; what shall be done again must be enqueued again";
    case State::deferred:
      return "it is deferred and runs by itself at " +
             (file.name && file.name->due_ms ? format_rfc3339(due_time(*file.name->due_ms)) : "its time");
    default:
      return "it is " + std::string(to_string(file.state)) + " already";
  }
}

// Puts entries back and keeps count; an entry that cannot be put back is told and holds up no other.
class Retrying {
 public:
  Retrying(Session& session, QueueView view, EntryMove move)
      : session_(session), view_(std::move(view)), move_(std::move(move)) {}

  [[nodiscard]] Result<void> by_reference(const std::string& reference) {
    const auto found = find_entries(view_, reference);
    if (!found) return found.error();
    if (found->empty()) refuse(explain_not_found(view_, reference));
    for (const auto& file : *found) {
      if (file.line == 0 && may_be_retried(file.state)) {
        SPOOLD_TRY(one(file));
      } else {
        refuse("cannot retry " + printable(reference) + ": " + explain_state(file));
      }
    }
    return {};
  }

  [[nodiscard]] Result<void> all_failed() {
    // Taken down first: what fails again meanwhile must not be met again.
    std::vector<std::string> names;
    SPOOLD_TRY(view_.each(State::failed, [&](std::string_view file_name) {
      names.emplace_back(file_name);
      return true;
    }));
    for (auto& file_name : names) {
      auto name = parse_entry_name(file_name);
      SPOOLD_TRY(one({State::failed, std::move(file_name), std::move(name)}));
    }
    return {};
  }

  [[nodiscard]] Result<int> finish() {
    SPOOLD_TRY(move_.sync());
    std::cout << "put back " << count_entries(retried_) << "\n";
    return refused_ == 0 ? exit_status::done : exit_status::not_found;
  }

 private:
  void refuse(const std::string& why) {
    ++refused_;
    complain(why);
  }

  [[nodiscard]] Result<void> one(const EntryFile& file) {
    const auto report = report_entry(view_, file);
    if (report.entry && report.entry->expires_at && *report.entry->expires_at <= session_.clock.wall_now()) {
      refuse("cannot retry " + printable(report.reference()) + ": it expired at " +
             format_rfc3339(*report.entry->expires_at) + "; enqueue it again with a later expires_at");
      return {};
    }
    const auto moved = move_.retry(file);
    if (moved) {
      retried_ += entries_in(file.file_name);
      return {};
    }
    if (moved.error().kind != ErrorKind::not_found) return moved.error();
    refuse("cannot retry " + printable(report.reference()) + ": it was moved just now");
    return {};
  }

  Session& session_;
  QueueView view_;
  EntryMove move_;
  std::uint64_t retried_ = 0;
  std::uint64_t refused_ = 0;
};

Result<int> run(const RetryCommand& command, Session& session) {
  if (command.references.empty() && !command.all_failed) {
    return fail(exit_status::usage,
                "which entries? give ids ('spoolctl list failed' shows them) or --all-failed");
  }
  auto move = EntryMove::open(session);
  if (!move) return move.error();
  auto view = QueueView::open(session);
  if (!view) return view.error();
  Retrying retrying(session, std::move(*view), std::move(*move));
  if (command.all_failed) SPOOLD_TRY(retrying.all_failed());
  for (const auto& reference : command.references) SPOOLD_TRY(retrying.by_reference(reference));
  return retrying.finish();
}

}  // namespace

Action define_retry(CLI::App& command) {
  const auto options = std::make_shared<RetryCommand>();
  auto* ids = command.add_option("ID", options->references, "ids, file names or foreign names of entries");
  command.add_flag("--all-failed", options->all_failed, "everything in failed/")->excludes(ids);
  command.footer(
      "The entry runs again under its id, its attempts counted anew; what is told of the\n"
      "earlier ones stays in it. Exit status 1: some were not found or cannot be retried.\n\n"
      "Examples:\n"
      "  spoolctl retry 01767328963000050032\n"
      "  spoolctl retry --all-failed");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace spoold
