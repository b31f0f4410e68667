#include <algorithm>
#include <iostream>
#include <memory>
#include <set>

#include "base/duration.hpp"
#include "daemon_control.hpp"
#include "daemon_report.hpp"
#include "entry_finder.hpp"
#include "entry_move.hpp"
#include "exit_status.hpp"
#include "queue_watch.hpp"
#include "terminal.hpp"
#include "user_name.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

struct CancelCommand {
  std::vector<std::string> references;
  std::string timeout = "1m";
};

bool waits(State state) {
  return state == State::pending || state == State::deferred;
}

// Cancels entry after entry; what cannot be is told and holds up no other.
class Cancelling {
 public:
  Cancelling(Session& session, QueueView view, EntryMove move, std::chrono::nanoseconds timeout)
      : session_(session), view_(std::move(view)), move_(std::move(move)), watch_(view_), timeout_(timeout) {}

  [[nodiscard]] Result<void> one(const std::string& reference) {
    const auto deadline = session_.clock.monotonic_now() + timeout_;
    asked_.clear();
    while (true) {
      const auto found = find_entries(view_, reference);
      if (!found) return found.error();
      if (found->empty()) return refuse(explain_not_found(view_, reference));
      if (const auto why = why_not_of_bundle(found->front())) {
        return refuse("cannot cancel " + printable(reference) + ": " + *why);
      }
      const auto tried = try_all(*found);
      if (!tried) return tried.error();
      switch (*tried) {
        case Tried::cancelled:
          return {};
        case Tried::over:
          return refuse("cannot cancel " + printable(reference) + ": it is " +
                        std::string(to_string(found->front().state)) +
                        (asked_.empty() ? " already" : " meanwhile"));
        case Tried::not_alone:
          return refuse("cannot cancel " + printable(reference) + ": " + why_not_of_line(found->front()));
        case Tried::nobody_runs_it:
          return refuse("cannot cancel " + printable(reference) +
                        ": it is processing, and no daemon is running that could stop it; the next one "
                        "brings it back to pending");
        case Tried::moved:
          break;
      }
      SPOOLD_TRY(wait_while_processing(*found, deadline));
      if (session_.clock.monotonic_now() >= deadline) return give_up(reference);
    }
  }

  [[nodiscard]] Result<int> finish() {
    SPOOLD_TRY(move_.sync());
    std::cout << "cancelled " << count_entries(cancelled_) << "\n";
    if (late_ > 0) return exit_status::try_later;
    return refused_ == 0 ? exit_status::done : exit_status::not_found;
  }

 private:
  enum class Tried { cancelled, moved, over, not_alone, nobody_runs_it };
  static constexpr std::chrono::milliseconds look_again{200};

  [[nodiscard]] Result<void> refuse(const std::string& why) {
    ++refused_;
    complain(why);
    return {};
  }

  [[nodiscard]] static std::string why_not_of_line(const EntryFile& file) {
    return "it is " + describe_line(file) + ": " +
           (waits(file.state) ? "cancel the bundle as a whole, or let it run"
                              : "what has left it could be cancelled by itself");
  }

  // A bundle is cancelled as a whole, and only while none of it runs; a line of it while it runs.
  [[nodiscard]] static std::optional<std::string> why_not_of_bundle(const EntryFile& file) {
    if (file.line > 0 && file.state != State::processing) return why_not_of_line(file);
    if (file.is_bundle() && file.state == State::processing) {
      return "it is a bundle that is processing: its lines take effect just now; 'spoolctl show' tells what "
             "became of it";
    }
    return std::nullopt;
  }

  [[nodiscard]] Result<void> give_up(const std::string& reference) {
    ++late_;
    complain("entry " + printable(reference) + (asked_.empty() ? " is about to end" : " was told to end") +
             " and is still processing after " + format_duration(timeout_) +
             "; 'spoolctl show' tells what becomes of it");
    return {};
  }

  // A foreign name may stand for several entries.
  [[nodiscard]] Result<Tried> try_all(const std::vector<EntryFile>& found) {
    Tried best = Tried::over;
    for (const auto& file : found) {
      const auto tried = try_one(file);
      if (!tried) return tried.error();
      if (*tried == Tried::cancelled || best == Tried::over) best = *tried;
    }
    return best;
  }

  [[nodiscard]] Result<Tried> try_one(const EntryFile& file) {
    if (file.line > 0) return stop_line(file.name->seq + file.line);
    if (file.state == State::processing && file.name) return stop(file.name->seq);
    if (file.state == State::cancelled && file.name && asked_.contains(file.name->seq)) {
      ++cancelled_;
      return Tried::cancelled;
    }
    if (!waits(file.state)) return Tried::over;
    const auto moved = move_.cancel(file);
    if (moved) {
      cancelled_ += entries_in(file.file_name);
      return Tried::cancelled;
    }
    // The daemon claimed it, or found it due, since the look.
    if (moved.error().kind == ErrorKind::not_found) return Tried::moved;
    return moved.error();
  }

  [[nodiscard]] Result<Tried> stop(std::uint64_t seq) {
    const auto told = ask_daemon(view_, control::Cancel{seq, user_name()});
    if (told) {
      asked_.insert(seq);
      return Tried::moved;
    }
    if (told.error().kind != ErrorKind::not_found) return told.error();
    const auto running = daemon_pid(view_);
    if (!running) return running.error();
    // Where a daemon runs, it is just claiming or settling the entry.
    return *running != 0 ? Tried::moved : Tried::nobody_runs_it;
  }

  // Of a bundle's lines only those can be stopped that are performed just now.
  [[nodiscard]] Result<Tried> stop_line(std::uint64_t id) {
    if (asked_.contains(id)) return Tried::moved;
    const auto told = ask_daemon(view_, control::Cancel{id, user_name()});
    if (!told && told.error().kind != ErrorKind::not_found) return told.error();
    if (told) asked_.insert(id);
    return told ? Tried::moved : Tried::not_alone;
  }

  // Until the entry has left processing/, or for a little while: it may only be on its way there or away.
  [[nodiscard]] Result<void> wait_while_processing(const std::vector<EntryFile>& found,
                                                   MonotonicTime deadline) {
    auto until = session_.clock.monotonic_now() + look_again;
    const bool line = found.front().line > 0;  // which leaves its bundle there
    if (!asked_.empty() && !line) until = deadline;
    while (session_.clock.monotonic_now() < until) {
      bool there = false;
      SPOOLD_TRY(view_.each(State::processing, [&](std::string_view file_name) {
        there = there || std::any_of(found.begin(), found.end(),
                                     [&](const EntryFile& file) { return file.file_name == file_name; });
        return !there;
      }));
      if (!there) return {};
      const auto seen = watch_.wait(std::min(until, session_.clock.monotonic_now() + look_again));
      if (!seen) return seen.error();
    }
    return {};
  }

  Session& session_;
  QueueView view_;
  EntryMove move_;
  QueueWatch watch_;
  std::chrono::nanoseconds timeout_;
  std::set<std::uint64_t> asked_;  // what the daemon has been told to end, of one reference
  std::uint64_t cancelled_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t late_ = 0;
};

Result<int> run(const CancelCommand& command, Session& session) {
  const auto timeout = parse_duration(command.timeout);
  if (!timeout) return fail(exit_status::usage, "--timeout: " + timeout.error().message());
  auto move = EntryMove::open(session);
  if (!move) return move.error();
  auto view = QueueView::open(session);
  if (!view) return view.error();
  Cancelling cancelling(session, std::move(*view), std::move(*move), *timeout);
  for (const auto& reference : command.references) SPOOLD_TRY(cancelling.one(reference));
  return cancelling.finish();
}

}  // namespace

Action define_cancel(CLI::App& command) {
  const auto options = std::make_shared<CancelCommand>();
  command.add_option("ID", options->references, "ids, file names or foreign names of entries")->required();
  command
      .add_option("--timeout", options->timeout,
                  "how long to wait for a running one to end. Default: " + options->timeout)
      ->type_name("DURATION");
  command.footer(
      "What waits is cancelled by a rename; of what runs the daemon drops the call, ends the\n"
      "command or interrupts the statement, unless it takes effect first. A cancelled entry\n"
      "lies in cancelled/, from where 'spoolctl retry' takes it back. A line of a bundle can be\n"
      "cancelled while it runs, the bundle only while it waits.\n"
      "Exit status: 1 some were not found or are over already, 75 some still run.\n\n"
      "Examples:\n"
      "  spoolctl cancel 01767328963000050032\n"
      "  spoolctl cancel nightly-report.json");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace spoold
