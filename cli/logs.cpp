#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <memory>

#include "exit_status.hpp"
#include "log_file.hpp"
#include "queue_view.hpp"
#include "service.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

// Becomes journalctl.
Result<int> show_journal(const std::string& unit, std::uint32_t lines, bool follow) {
  std::vector<std::string> command{"journalctl", "--unit", unit, "--lines", std::to_string(lines)};
  command.emplace_back(follow ? "--follow" : "--no-pager");
  std::vector<char*> arguments;
  for (auto& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  ::execvp(arguments.front(), arguments.data());
  return system_error(errno, "run", "journalctl");
}

Error explain(Error error, const Session& session) {
  if (error.kind != ErrorKind::not_found) return error;
  return {ErrorKind::not_found, "no log at " + session.queue_path + "/" + worker_log_name +
                                    ": it is written by a daemon that 'spoolctl start' has started"};
}

Result<int> run(std::uint32_t lines, bool follow, Session& session) {
  if (const auto unit = managing_unit(session)) return show_journal(*unit, lines, follow);
  const auto view = QueueView::open(session);
  if (!view) return view.error();
  if (follow) {
    const auto followed = follow_log(view->queue(), lines);
    return explain(followed.error(), session);
  }
  const auto last = last_lines(view->queue(), lines);
  if (!last) return explain(last.error(), session);
  for (const auto& line : *last) std::cout << line << "\n";
  return exit_status::done;
}

Action define(CLI::App& command, std::uint32_t lines_default, bool follow) {
  const auto lines = std::make_shared<std::uint32_t>(lines_default);
  command.add_option("-n,--lines", *lines, "how many of the last lines; " + std::to_string(lines_default))
      ->check(CLI::Range(0, 1'000'000))
      ->type_name("N");
  return [lines, follow](Session& session) { return run(*lines, follow, session); };
}

}  // namespace

Action define_logs(CLI::App& command) {
  command.footer(
      "From the journal where systemd runs the daemon, else from worker.log in the queue.\n\n"
      "Examples:\n"
      "  spoolctl logs\n"
      "  spoolctl logs -n 200");
  return define(command, 50, false);
}

Action define_follow(CLI::App& command) {
  command.footer(
      "The last lines of the daemon's log, and then what is added, until Ctrl-C.\n\n"
      "Examples:\n"
      "  spoolctl follow");
  return define(command, 10, true);
}

}  // namespace spoold
