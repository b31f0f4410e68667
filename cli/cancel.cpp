#include <iostream>

#include "entry_finder.hpp"
#include "entry_move.hpp"
#include "exit_status.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

bool waits(State state) {
  return state == State::pending || state == State::deferred;
}

// True if it was cancelled; else it has been said why not.
Result<bool> cancel_one(QueueView& view, EntryMove& move, const std::string& reference) {
  // The daemon may claim it, or find it due, between the look and the rename: look again where it went.
  constexpr int looks_max = 5;
  for (int look = 1;; ++look) {
    const auto found = find_entries(view, reference);
    if (!found) return found.error();
    if (found->empty()) {
      complain(explain_not_found(view, reference));
      return false;
    }
    bool moved_away = false;
    bool cancelled = false;
    for (const auto& file : *found) {
      if (!waits(file.state)) continue;
      const auto moved = move.cancel(file);
      if (moved) {
        cancelled = true;
      } else if (moved.error().kind == ErrorKind::not_found && look < looks_max) {
        moved_away = true;
      } else {
        return moved.error();
      }
    }
    if (cancelled) return true;
    if (moved_away) continue;
    complain("cannot cancel " + printable(reference) + ": it is " +
             std::string(to_string(found->front().state)) +
             ", and only an entry that waits (pending or deferred) can be cancelled");
    return false;
  }
}

Result<int> run(const std::vector<std::string>& references, Session& session) {
  auto view = QueueView::open(session);
  if (!view) return view.error();
  auto move = EntryMove::open(session);
  if (!move) return move.error();
  std::uint64_t cancelled = 0;
  for (const auto& reference : references) {
    const auto done = cancel_one(*view, *move, reference);
    if (!done) return done.error();
    if (*done) ++cancelled;
  }
  SPOOLD_TRY(move->sync());
  std::cout << "cancelled " << count_entries(cancelled) << "\n";
  return cancelled == references.size() ? exit_status::done : exit_status::not_found;
}

}  // namespace

Action define_cancel(CLI::App& command) {
  const auto references = std::make_shared<std::vector<std::string>>();
  command.add_option("ID", *references, "ids, file names or foreign names of waiting entries")->required();
  command.footer(
      "A cancelled entry lies in cancelled/, from where 'spoolctl retry' takes it back.\n"
      "Exit status 1: some were not found, or did not wait any more.\n\n"
      "Examples:\n"
      "  spoolctl cancel 01767328963000050032\n"
      "  spoolctl cancel nightly-report.json");
  return [references](Session& session) { return run(*references, session); };
}

}  // namespace spoold
