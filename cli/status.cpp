#include <iostream>
#include <memory>

#include "base/duration.hpp"
#include "exit_status.hpp"
#include "status_page.hpp"
#include "status_watch.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

struct StatusCommand {
  bool json = false;
  bool stats = false;
  bool watch = false;
  std::string interval = "1s";
};

constexpr std::size_t columns_default = 80;

void print(const std::vector<std::string>& lines) {
  for (const auto& line : lines) std::cout << line << "\n";
}

void print_page(const QueueStatus& status) {
  const auto terminal = Terminal::of(1);
  StatusPage page(status, terminal, terminal.is_terminal() ? terminal.columns() : columns_default);
  print(page.head());
  std::cout << "\n";
  print(page.counts());
  print(page.rates());
  if (!status.report) return;
  print(page.totals());
  for (const auto& part : {page.lanes(), page.running()}) {
    if (!part.empty()) std::cout << "\n";
    print(part);
  }
}

// A line a figure, for scripts that have no JSON.
void print_stats(const QueueStatus& status) {
  for (const State state : all_states)
    std::cout << to_string(state) << " " << status.counts.of(state) << "\n";
  for (const auto& [name, count] : status.totals())
    std::cout << "total_" << printable(name) << " " << count << "\n";
  std::cout << "enqueued_last_minute " << status.counts.enqueued_last_minute << "\n"
            << "enqueued_last_hour " << status.counts.enqueued_last_hour << "\n"
            << "processed_last_minute " << status.processed_last_minute() << "\n"
            << "daemon_pid " << status.daemon << "\n";
}

Result<int> run(const StatusCommand& command, Session& session) {
  if (command.watch) {
    const auto interval = parse_duration(command.interval);
    if (!interval) return fail(exit_status::usage, "--interval: " + interval.error().message());
    constexpr std::chrono::milliseconds interval_min{100};
    if (*interval < interval_min) return fail(exit_status::usage, "--interval: 100ms or longer");
    return watch_status(session, *interval);
  }
  auto view = QueueView::open(session);
  if (!view) return view.error();
  const auto status = look_at_queue(session, *view);
  if (!status) return status.error();
  if (command.json) {
    std::cout << to_text(to_json(*status), 2) << "\n";
  } else if (command.stats) {
    print_stats(*status);
  } else {
    print_page(*status);
  }
  return exit_status::done;
}

}  // namespace

Action define_status(CLI::App& command) {
  const auto options = std::make_shared<StatusCommand>();
  auto* json = command.add_flag("--json", options->json, "one JSON object");
  auto* stats = command.add_flag("--stats", options->stats, "a name and a number a line")->excludes(json);
  auto* watch = command.add_flag("--watch", options->watch, "a full screen, drawn anew until q or Ctrl-C")
                    ->excludes(json)
                    ->excludes(stats);
  command
      .add_option("--interval", options->interval,
                  "of --watch: how often to look. Default: " + options->interval)
      ->type_name("DURATION")
      ->needs(watch);
  command.footer(
      "Counts are of the directories, now; lanes and totals are the daemon's, as of now where\n"
      "one runs, else as it last wrote them. Works with the daemon down.\n\n"
      "Examples:\n"
      "  spoolctl status\n"
      "  spoolctl status --watch\n"
      "  spoolctl status --json | jq .counts.pending");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace spoold
