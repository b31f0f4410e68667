#include <algorithm>
#include <iostream>
#include <memory>

#include "base/duration.hpp"
#include "daemon_report.hpp"
#include "entry_report.hpp"
#include "exit_status.hpp"
#include "line_reader.hpp"
#include "progress.hpp"
#include "queue_watch.hpp"
#include "terminal.hpp"
#include "verbs.hpp"
#include "watched_entries.hpp"

namespace spoold {

namespace {

struct WaitCommand {
  std::vector<std::string> references;
  std::string timeout;
  bool quiet = false;
  bool json = false;
};

// "-" stands for what standard input names, a line each.
Result<std::vector<std::string>> read_references(const std::vector<std::string>& typed) {
  constexpr std::size_t line_bytes_max = 4096;
  std::vector<std::string> references;
  for (const auto& text : typed) {
    if (text != "-") {
      references.push_back(text);
      continue;
    }
    LineReader reader(0, "standard input", line_bytes_max);
    while (true) {
      auto line = reader.next();
      if (!line) return line.error();
      if (!*line) break;
      if (!(*line)->text.empty()) references.push_back(std::move((*line)->text));
    }
  }
  return references;
}

class Wait {
 public:
  Wait(const WaitCommand& command, Session& session, QueueView view,
       const std::vector<std::string>& references, std::optional<MonotonicTime> deadline)
      : command_(command),
        session_(session),
        view_(std::move(view)),
        watch_(view_),
        entries_(references),
        deadline_(deadline) {}

  [[nodiscard]] Result<int> run() {
    ProgressDisplay display(command_.quiet);
    std::optional<MonotonicTime> looked_at;
    while (true) {
      looked_at = session_.clock.monotonic_now();
      SPOOLD_TRY(entries_.look(view_));
      SPOOLD_TRY(view_.check_still_there());
      if (entries_.left() == 0) break;
      say_if_nobody_works();
      progress_.update(entries_.over(), entries_.left(), session_.clock.monotonic_now());
      display.show(progress_, session_.clock.monotonic_now());
      if (deadline_ && session_.clock.monotonic_now() >= *deadline_) {
        display.finish();
        return time_is_up();
      }
      SPOOLD_TRY(wait_for_news(*looked_at, display));
    }
    progress_.update(entries_.over(), 0, session_.clock.monotonic_now());
    if (entries_.all().size() > 1) display.show(progress_, session_.clock.monotonic_now());
    display.finish();
    return report();
  }

 private:
  // Until something moved and the last look is some time ago: a tenth of the time goes into looking, at most.
  // What was missed by the last look is looked for soon again.
  [[nodiscard]] Result<void> wait_for_news(MonotonicTime looked_at, const ProgressDisplay& display) {
    constexpr std::chrono::milliseconds pause_min{20};
    constexpr int pause_per_look = 10;
    const auto cost = session_.clock.monotonic_now() - looked_at;
    const auto next_look =
        session_.clock.monotonic_now() + std::max<std::chrono::nanoseconds>(pause_min, cost * pause_per_look);
    const auto redraw = session_.clock.monotonic_now() + display.interval();
    bool changed = std::any_of(entries_.all().begin(), entries_.all().end(), [](const auto& entry) {
      return entry.missed && !WatchedEntries::is_over(entry);
    });
    while (true) {
      auto until = changed ? next_look : std::max(redraw, next_look);
      if (deadline_) until = std::min(until, *deadline_);
      if (session_.clock.monotonic_now() >= until) return {};
      const auto seen = watch_.wait(until);
      if (!seen) return seen.error();
      changed = changed || seen->changed;
    }
  }

  void say_if_nobody_works() {
    if (told_nobody_works_ || command_.quiet) return;
    told_nobody_works_ = true;
    const auto pid = daemon_pid(view_);
    if (pid && *pid == 0) std::cerr << "no daemon is running on this queue; waiting for one to start\n";
  }

  [[nodiscard]] int time_is_up() const {
    return fail(exit_status::try_later, count_entries(entries_.left()) + " of " +
                                            group_digits(entries_.all().size()) + " not over in " +
                                            command_.timeout + " ('spoolctl explain ID' tells why)");
  }

  [[nodiscard]] int report() {
    std::uint64_t completed = 0;
    for (const auto& entry : entries_.all()) {
      if (tell(entry)) ++completed;
    }
    std::cout.flush();
    const auto all = entries_.all().size();
    if (!command_.quiet && !command_.json && all > 1) {
      std::cout << group_digits(completed) << " of " << count_entries(all) << " completed\n";
    }
    return completed == all ? exit_status::done : exit_status::not_found;
  }

  [[nodiscard]] static std::string leavers(const WatchedEntries::Watched& entry) {
    if (entry.left_and_not_completed == 0) return {};
    return ", but " + count_entries(entry.left_and_not_completed) +
           " of it were not ('spoolctl list failed', 'spoolctl list corrupt')";
  }

  // True if it was completed.
  [[nodiscard]] bool tell(const WatchedEntries::Watched& entry) {
    const std::string& typed = entry.reference.typed();
    if (entry.lost && !entry.file) {
      complain(explain_not_found(view_, typed));
      return false;
    }
    if (entry.lost) {
      complain("entry " + printable(typed) + " is gone; it was " + std::string(to_string(entry.file->state)) +
               " when it was last seen");
      return false;
    }
    const bool completed = entry.file->state == State::completed && entry.left_and_not_completed == 0;
    if (command_.json || !completed) {
      const auto told = report_entry(view_, *entry.file);
      if (command_.json) std::cout << to_text(to_json(told)) << "\n";
      if (!completed && !command_.json) {
        complain("entry " + printable(typed) + " is " + std::string(to_string(entry.file->state)) +
                 (told.reason.empty() ? std::string() : ": " + printable(told.reason)) + leavers(entry));
      }
    }
    return completed;
  }

  const WaitCommand& command_;
  Session& session_;
  QueueView view_;
  QueueWatch watch_;
  WatchedEntries entries_;
  std::optional<MonotonicTime> deadline_;
  Progress progress_;
  bool told_nobody_works_ = false;
};

Result<int> run(const WaitCommand& command, Session& session) {
  std::optional<MonotonicTime> deadline;
  if (!command.timeout.empty()) {
    const auto timeout = parse_duration(command.timeout);
    if (!timeout) return fail(exit_status::usage, "--timeout: " + timeout.error().message());
    deadline = session.clock.monotonic_now() + *timeout;
  }
  const auto references = read_references(command.references);
  if (!references) return references.error();
  auto view = QueueView::open(session);
  if (!view) return view.error();
  return Wait(command, session, std::move(*view), *references, deadline).run();
}

}  // namespace

Action define_wait(CLI::App& command) {
  const auto options = std::make_shared<WaitCommand>();
  command
      .add_option("ID", options->references, "ids, file names or foreign names; - reads them, a line each")
      ->required();
  command.add_option("--timeout", options->timeout, "give up after this long, for instance 30s or 5m")
      ->type_name("DURATION");
  command.add_flag("-q,--quiet", options->quiet, "no progress, no closing line");
  command.add_flag("--json", options->json, "at the end the entries as 'list --json' tells them");
  command.footer(
      "Waits until the entries are completed, failed, cancelled or corrupt.\n"
      "Exit status: 0 all were completed, 1 others were not or are not there, 75 the time was up.\n\n"
      "Examples:\n"
      "  spoolctl wait $(spoolctl enqueue -o report) && echo done\n"
      "  spoolctl enqueue --jsonl -v < entries.jsonl | spoolctl wait -");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace spoold
