#include "store/cleanup.hpp"

#include <iostream>
#include <memory>

#include "config/config.hpp"
#include "exit_status.hpp"
#include "orphans.hpp"
#include "os/block_groups.hpp"
#include "owner_identity.hpp"
#include "queue_view.hpp"
#include "store/staging_renewal.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

struct CleanupCommand {
  bool archive = false;
  bool purge_failed = false;
  bool recover = false;
  bool dry_run = false;
  bool trust_clock = false;
  bool json = false;
  bool verbose = false;
  std::optional<double> hours;

  [[nodiscard]] bool everything() const { return !archive && !purge_failed && !recover; }
  [[nodiscard]] bool lists() const { return dry_run || verbose; }
};

RetentionOptions retention_of(const CleanupCommand& command, const Session& session) {
  RetentionOptions options = session.config->retention;
  if (!command.hours) return options;
  // An age of zero would mean "no limit".
  const auto age = std::max(std::chrono::nanoseconds{1},
                            std::chrono::nanoseconds(static_cast<std::int64_t>(*command.hours * 3.6e12)));
  for (KeepOptions* keep : {&options.completed, &options.failed, &options.cancelled, &options.corrupt}) {
    keep->age = age;
  }
  return options;
}

CleanupOptions options_of(const CleanupCommand& command, const Session& session) {
  CleanupOptions options;
  options.retention = retention_of(command, session);
  options.completed = command.archive || command.everything();
  options.dead = command.purge_failed || command.everything();
  options.litter = command.everything();
  options.dry_run = command.dry_run;
  options.trust_clock = command.trust_clock;
  if (!command.lists()) return options;
  options.on_item = [&command](const char* action, const std::string& path) {
    if (command.json) {
      std::cout << to_text(Json{{"action", action}, {"path", printable(path)}}) << "\n";
    } else {
      std::cout << (command.dry_run ? "would " : "") << action << " " << printable(path) << "\n";
    }
  };
  return options;
}

// One line in place on a terminal.
class Ticker {
 public:
  explicit Ticker(bool quiet) : shown_(!quiet && Terminal::of(2).is_terminal()) {}
  ~Ticker() { clear(); }
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  void show(const CleanupReport& report) {
    if (!shown_) return;
    std::uint64_t removed = 0;
    for (const auto count : report.removed) removed += count;
    std::cerr << "\rarchived " << group_digits(report.archived) << ", removed " << group_digits(removed)
              << "\x1b[K" << std::flush;
    drawn_ = true;
  }
  void clear() {
    if (drawn_) std::cerr << "\r\x1b[K" << std::flush;
    drawn_ = false;
  }

 private:
  bool shown_;
  bool drawn_ = false;
};

struct Recovered {
  std::uint64_t returned = 0;
  std::uint64_t failed = 0;
};

Json to_json(const CleanupReport& report, const CleanupCommand& command, const Recovered& recovered) {
  Json removed = Json::object();
  for (const State state : {State::completed, State::failed, State::cancelled, State::corrupt}) {
    removed[std::string(to_string(state))] = report.removed_from(state);
  }
  return Json{{"dry_run", command.dry_run},
              {"archived", report.archived},
              {"removed", removed},
              {"archive_files_removed", report.archive_files_removed},
              {"staging_removed", report.staging_removed},
              {"log_rotated", report.log_rotated},
              {"recovered", recovered.returned},
              {"recovered_as_failed", recovered.failed},
              {"clock_trusted", report.clock_trusted},
              {"problems", report.problems}};
}

void print(const CleanupReport& report, const CleanupCommand& command, const Recovered& recovered) {
  const std::string would = command.dry_run ? "would have " : "";
  const auto line = [&](const char* verb, const std::string& rest) {
    std::cout << would << verb << rest << "\n";
  };
  if (recovered.returned > 0) line("recovered ", count_entries(recovered.returned) + " of processing/");
  if (recovered.failed > 0)
    line("recovered ", count_entries(recovered.failed) + " of processing/ to failed/");
  if (report.archived > 0) line("archived ", count_entries(report.archived));
  for (const State state : {State::completed, State::failed, State::cancelled, State::corrupt}) {
    const auto count = report.removed_from(state);
    if (count > 0) line("removed ", count_entries(count) + " from " + std::string(to_string(state)) + "/");
  }
  if (report.archive_files_removed > 0) {
    line("removed ", group_digits(report.archive_files_removed) + " of the archive's files");
  }
  if (report.staging_removed > 0)
    line("removed ", group_digits(report.staging_removed) + " old files in .tmp/");
  if (report.log_rotated) line("rotated ", worker_log_name);
  if (!report.anything() && recovered.returned + recovered.failed == 0) std::cout << "nothing to clean up\n";
}

Result<Recovered> recover_now(const CleanupCommand& command, Session& session, const QueueLayout& layout) {
  const auto lock = FileLock::take(layout.queue().handle, lock_name);
  if (!lock) {
    Error error = lock.error();
    if (error.kind == ErrorKind::busy) error.context += ": what is in processing/ is its own";
    return error;
  }
  Recovered recovered;
  if (command.dry_run) {
    SPOOLD_TRY(session.files.list(layout.directory(State::processing), [&](std::string_view name) {
      if (!is_entry_file_name(name)) return true;
      recovered.returned += entries_in(name);
      std::cout << "would recover processing/" << printable(name) << "\n";
      return true;
    }));
    return recovered;
  }
  const auto report = recover_orphans(session, layout);
  if (!report) return report.error();
  for (const auto& name : report->returned) recovered.returned += entries_in(name);
  for (const auto& name : report->failed) recovered.failed += entries_in(name);
  return recovered;
}

Result<CleanupReport> clean(const CleanupCommand& command, CleanupOptions options, Session& session,
                            const QueueLayout& layout) {
  const auto archive = open_archive(session.files, layout);
  if (!archive) return archive.error();
  static std::atomic<bool> never{false};
  auto cleanup = Cleanup::begin(session.files, layout, *archive, session.clock, std::move(options), never);
  if (!cleanup) return cleanup.error();
  Ticker ticker(command.json || command.lists());
  for (;;) {
    const auto more = (*cleanup)->step();
    if (!more) return more.error();
    if (!*more) break;
    ticker.show((*cleanup)->report());
  }
  return (*cleanup)->report();
}

// A running daemon does that itself, after its own cleanups: nobody else may while it works with the old one.
void renew_staging_after(const CleanupReport& report, const CleanupCommand& command, Session& session,
                         const QueueLayout& layout) {
  if (command.dry_run || report.files_removed() < renewal_worth) return;
  if (!removals_slow_creation(layout.queue().handle)) return;
  const auto lock = FileLock::take(layout.queue().handle, lock_name);
  if (!lock) return;
  const auto now = session.clock.wall_now().time_since_epoch().count();
  if (const auto renewed = renew_staging(layout, static_cast<std::uint64_t>(now)); !renewed) {
    complain("cannot renew .tmp/: " + renewed.error().message());
  }
}

std::uint64_t count_gone(const CleanupReport& report) {
  std::uint64_t gone = report.archive_files_removed + report.staging_removed;
  for (const auto count : report.removed) gone += count;
  return gone;
}

// Whether a cleanup that trusts the clock would remove more than `report` tells.
Result<bool> is_held_back(const CleanupReport& report, CleanupCommand command, Session& session,
                          const QueueLayout& layout) {
  if (report.clock_trusted) return false;
  const std::uint64_t before = command.dry_run ? count_gone(report) : 0;
  command.dry_run = true;
  command.trust_clock = true;
  command.verbose = false;
  CleanupOptions options = options_of(command, session);
  options.on_item = {};
  const auto would = clean(command, options, session, layout);
  if (!would) return would.error();
  return count_gone(*would) > before;
}

Result<void> complain_about(const CleanupReport& report, const CleanupCommand& command, Session& session,
                            const QueueLayout& layout) {
  for (const auto& problem : report.problems) complain("left " + problem);
  const auto held_back = is_held_back(report, command, session, layout);
  if (!held_back) return held_back.error();
  if (!*held_back) return {};
  complain(
      "nothing was removed for its age: no cleanup of the last 36 hours confirms the clock. If it is right, "
      "run this again in 10 minutes or later, or give --trust-clock");
  return {};
}

Result<int> run(const CleanupCommand& command, Session& session) {
  SPOOLD_TRY(become_owner(session));
  const auto layout = QueueLayout::open_for_operator(session.files, session.queue_path);
  if (!layout) return session.explain_open(layout.error());
  Recovered recovered;
  if (command.recover) {
    const auto result = recover_now(command, session, *layout);
    if (!result) return result.error();
    recovered = *result;
  }
  CleanupReport report;
  if (command.everything() || command.archive || command.purge_failed) {
    auto cleaned = clean(command, options_of(command, session), session, *layout);
    if (!cleaned) return cleaned.error();
    report = std::move(*cleaned);
    renew_staging_after(report, command, session, *layout);
  }
  if (command.json) {
    std::cout << to_text(to_json(report, command, recovered)) << "\n";
  } else {
    print(report, command, recovered);
  }
  SPOOLD_TRY(complain_about(report, command, session, *layout));
  return report.problems.empty() ? exit_status::done : exit_status::not_found;
}

CLI::Validator hours() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        double number = -1;
        const bool read = CLI::detail::lexical_cast(text, number) && number >= 0 && number <= 87600;
        return read ? "" : "'" + printable(text) + "' is no such number; expected hours from 0 to 87600";
      },
      "");
}

}  // namespace

Action define_cleanup(CLI::App& command) {
  const auto options = std::make_shared<CleanupCommand>();
  command.add_flag("--archive", options->archive, "only: archive (or remove) what is completed");
  command.add_flag("--purge-failed", options->purge_failed,
                   "only: remove what is old in failed/, cancelled/, corrupt/ and the archive");
  command.add_flag("--recover", options->recover,
                   "only: bring back what a dead daemon left in processing/ (75 while one lives)");
  command.add_option("--hours", options->hours, "keep entries for so long, instead of the configured ages")
      ->check(hours())
      ->type_name("N");
  command.add_flag("--dry-run", options->dry_run, "change nothing; print each file that would go");
  command.add_flag("--trust-clock", options->trust_clock, "the clock is right: remove by age at once");
  command.add_flag("--json", options->json, "one JSON object; the files before it as JSON Lines");
  command.add_flag("-v,--verbose", options->verbose, "print each file that goes");
  command.footer(
      "Keeps what is over within 'retention:' of the configuration: completed entries go to\n"
      "archive/ after a day, failed and cancelled ones away after seven. Also removes old\n"
      "temporary files and rotates worker.log above 1 MiB. The daemon does all this once an\n"
      "hour; this is for queues whose daemon is seldom there. Works beside it.\n"
      "Exit status: 1 something had to be left, 75 another cleanup is at work.\n\n"
      "Examples:\n"
      "  spoolctl cleanup --dry-run\n"
      "  spoolctl cleanup --archive --hours 0\n"
      "  spoolctl cleanup --recover");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace spoold
