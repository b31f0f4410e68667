#include <filesystem>
#include <iostream>

#include "config/config_file.hpp"
#include "daemon_report.hpp"
#include "direct_writes.hpp"
#include "exit_status.hpp"
#include "metrics/queue_metrics.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

Result<int> run(Session& session) {
  auto view = QueueView::open(session);
  if (!view) return view.error();
  const auto list = [&](State state, const std::function<bool(std::string_view)>& visit) {
    return view->each(state, visit);
  };
  const std::string queue = plain_path(std::filesystem::absolute(view->path()));
  auto snapshot = take_snapshot(queue, list, session.config->pressure);
  if (!snapshot) return snapshot.error();
  const auto pid = daemon_pid(*view);
  if (!pid) return session.explain_open(pid.error());
  snapshot->daemon_running = *pid != 0;
  if (const auto space = session.files.free_space(view->queue())) snapshot->free_bytes = space->bytes;
  snapshot->direct_writes = count_direct_writes(session, *view);
  auto report = read_daemon_report(session, *view);
  if (report && *report) snapshot->stats = std::move((*report)->document);
  if (!report) complain("its " + std::string(stats_name) + " is left out: " + report.error().message());
  std::cout << format_metrics(*snapshot);
  return exit_status::done;
}

}  // namespace

Action define_metrics(CLI::App& command) {
  command.footer(
      "OpenMetrics 1.0 text, counted from the directories and from what the daemon last wrote\n"
      "of itself; the daemon is not asked and not woken. With 'metrics: { file: ... }' in its\n"
      "configuration the daemon writes the same into a file while it works.\n\n"
      "Examples:\n"
      "  spoolctl metrics\n"
      "  spoolctl metrics > /var/lib/node_exporter/spoold.prom");
  return [](Session& session) { return run(session); };
}

}  // namespace spoold
