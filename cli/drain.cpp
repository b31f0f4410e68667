#include <algorithm>
#include <iostream>
#include <memory>

#include "base/duration.hpp"
#include "daemon_report.hpp"
#include "exit_status.hpp"
#include "moments.hpp"
#include "progress.hpp"
#include "queue_counts.hpp"
#include "queue_watch.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

struct DrainCommand {
  bool deferred = false;
  bool quiet = false;
  std::string timeout;
};

// The entries in failed/ and corrupt/, as hashes of their names: 8 bytes each, whatever lies there.
using Fingerprints = std::vector<std::size_t>;

Result<Fingerprints> take_fingerprints(QueueView& view) {
  Fingerprints prints;
  for (const State state : {State::failed, State::corrupt}) {
    SPOOLD_TRY(view.each(state, [&](std::string_view file_name) {
      prints.push_back(std::hash<std::string_view>{}(file_name));
      return true;
    }));
  }
  std::sort(prints.begin(), prints.end());
  return prints;
}

std::uint64_t count_new(const Fingerprints& before, const Fingerprints& now) {
  return static_cast<std::uint64_t>(std::count_if(now.begin(), now.end(), [&](std::size_t print) {
    return !std::binary_search(before.begin(), before.end(), print);
  }));
}

class Drain {
 public:
  Drain(const DrainCommand& command, Session& session, QueueView view, std::optional<MonotonicTime> deadline)
      : command_(command), session_(session), view_(std::move(view)), watch_(view_), deadline_(deadline) {}

  [[nodiscard]] Result<int> run() {
    const auto start = session_.clock.monotonic_now();
    const auto failed_before = take_fingerprints(view_);
    if (!failed_before) return failed_before.error();
    SPOOLD_TRY(say_if_nobody_works());
    ProgressDisplay display(command_.quiet);
    const auto emptied = watch_until_empty(display);
    display.finish();
    if (!emptied) return emptied.error();
    if (!*emptied) return time_is_up();
    const auto failed_now = take_fingerprints(view_);
    if (!failed_now) return failed_now.error();
    return report(count_new(*failed_before, *failed_now), session_.clock.monotonic_now() - start);
  }

 private:
  // False: the time was up first.
  [[nodiscard]] Result<bool> watch_until_empty(ProgressDisplay& display) {
    std::optional<std::uint64_t> left_at_start;
    std::uint64_t settled = 0;
    bool empty_before = false;
    while (true) {
      const auto looked_at = session_.clock.monotonic_now();
      const auto left = count_left();
      if (!left) return left.error();
      if (!left_at_start) left_at_start = *left;
      // Without a watch the difference is all there is to tell.
      if (*left_at_start > *left) settled = std::max(settled, *left_at_start - *left);
      progress_.update(settled, *left, looked_at);
      if (*left > 0 || settled > 0) display.show(progress_, looked_at);

      // An entry given back while we looked may have slipped through between two directories; an empty look
      // counts when nothing moved meanwhile, or, without a watch, when it is the second in a row.
      auto seen = watch_.wait(looked_at);
      if (!seen) return seen.error();
      settled += seen->settled;
      if (*left == 0 && (!seen->changed || (watch_.polls() && empty_before))) return true;
      empty_before = *left == 0;
      if (empty_before) continue;
      if (deadline_ && session_.clock.monotonic_now() >= *deadline_) return false;
      const auto waited = wait_for_change(looked_at, seen->changed, display);
      if (!waited) return waited.error();
      settled += *waited;
    }
  }

  // Waits until another look is worth while: something moved and the last look is some time ago (so that a
  // busy queue of many entries is not listed without end), or the display wants to be drawn anew. Returns
  // what was settled meanwhile.
  [[nodiscard]] Result<std::uint64_t> wait_for_change(MonotonicTime looked_at, bool changed,
                                                      const ProgressDisplay& display) {
    constexpr std::chrono::milliseconds pause_min{100};
    constexpr int pause_per_look = 10;  // a tenth of the time goes into looking, at most
    const auto cost = session_.clock.monotonic_now() - looked_at;
    const auto next_look = looked_at + std::max<std::chrono::nanoseconds>(pause_min, cost * pause_per_look);
    const auto last_look = std::max(next_look, looked_at + display.interval());
    std::uint64_t settled = 0;
    while (true) {
      auto until = changed ? next_look : last_look;
      if (deadline_) until = std::min(until, *deadline_);
      if (session_.clock.monotonic_now() >= until) return settled;
      const auto seen = watch_.wait(until);
      if (!seen) return seen.error();
      changed = changed || seen->changed;
      settled += seen->settled;
    }
  }

  // Pending before processing: an entry claimed between the two is seen at least once.
  [[nodiscard]] Result<std::uint64_t> count_left() {
    std::uint64_t left = 0;
    for (const State state : {State::deferred, State::pending, State::processing}) {
      if (state == State::deferred && !command_.deferred) continue;
      const auto count = count_state(view_, state);
      if (!count) return count.error();
      left += *count;
    }
    SPOOLD_TRY(view_.check_still_there());
    return left;
  }

  [[nodiscard]] Result<void> say_if_nobody_works() {
    const auto pid = daemon_pid(view_);
    if (!pid) return session_.explain_open(pid.error());
    const auto left = count_left();
    if (!left) return left.error();
    if (*pid == 0 && *left > 0 && !command_.quiet) {
      std::cerr << "no daemon is running on this queue; waiting for one to start\n";
    }
    return {};
  }

  [[nodiscard]] int time_is_up() const {
    return fail(exit_status::try_later, "not drained in " + command_.timeout + ": " +
                                            count_entries(progress_.left()) +
                                            " to go ('spoolctl status' tells more)");
  }

  [[nodiscard]] Result<int> report(std::uint64_t failed, std::chrono::nanoseconds time) {
    const auto deferred = count_state(view_, State::deferred);
    if (!deferred) return deferred.error();
    std::string text = "drained: " + count_entries(progress_.settled()) + " in " + format_age(time);
    if (failed > 0) text += ", " + group_digits(failed) + " failed (see 'spoolctl errors')";
    if (*deferred > 0) text += "; " + group_digits(*deferred) + " deferred (--deferred waits for those too)";
    if (!command_.quiet) std::cout << text << "\n";
    return failed > 0 ? exit_status::not_found : exit_status::done;
  }

  const DrainCommand& command_;
  Session& session_;
  QueueView view_;
  QueueWatch watch_;
  std::optional<MonotonicTime> deadline_;
  Progress progress_;
};

Result<int> run(const DrainCommand& command, Session& session) {
  std::optional<MonotonicTime> deadline;
  if (!command.timeout.empty()) {
    const auto timeout = parse_duration(command.timeout);
    if (!timeout) return fail(exit_status::usage, "--timeout: " + timeout.error().message());
    deadline = session.clock.monotonic_now() + *timeout;
  }
  auto view = QueueView::open(session);
  if (!view) return view.error();
  return Drain(command, session, std::move(*view), deadline).run();
}

}  // namespace

Action define_drain(CLI::App& command) {
  const auto options = std::make_shared<DrainCommand>();
  command.add_flag("--deferred", options->deferred, "wait for deferred entries too");
  command.add_option("--timeout", options->timeout, "give up after this long, for instance 30s or 5m")
      ->type_name("DURATION");
  command.add_flag("-q,--quiet", options->quiet, "no progress, no closing line");
  command.footer(
      "Waits until nothing is pending or processing. It only watches: the daemon does the\n"
      "work. Exit status: 0 all was done, 1 entries failed meanwhile, 75 the time was up.\n\n"
      "Examples:\n"
      "  spoolctl drain\n"
      "  spoolctl drain --deferred --timeout 10m");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace spoold
