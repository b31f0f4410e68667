#include <memory>

#include "base/duration.hpp"
#include "exit_status.hpp"
#include "service.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

struct StopCommand {
  std::string timeout = "90s";
  bool start_again = false;
};

Result<int> run(const StopCommand& command, Session& session) {
  const auto timeout = parse_duration(command.timeout);
  if (!timeout) return fail(exit_status::usage, "--timeout: " + timeout.error().message());
  return command.start_again ? restart_service(session, *timeout) : stop_service(session, *timeout);
}

Action define(CLI::App& command, bool start_again) {
  const auto options = std::make_shared<StopCommand>();
  options->start_again = start_again;
  command.add_option("--timeout", options->timeout, "wait at most so long (90s); systemd has its own limit")
      ->type_name("DURATION");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace

Action define_stop(CLI::App& command) {
  command.footer(
      "Asks the daemon to end and waits: it takes nothing new, and what runs may finish within\n"
      "worker.shutdown_grace. Only the process that holds the queue's lock is ever signalled.\n"
      "Exit status: 0 no daemon runs now, 75 it still runs when the time is up.\n\n"
      "Examples:\n"
      "  spoolctl stop\n"
      "  spoolctl stop --timeout 5m");
  return define(command, false);
}

Action define_restart(CLI::App& command) {
  command.footer(
      "As 'spoolctl stop', then 'spoolctl start'.\n\n"
      "Examples:\n"
      "  spoolctl restart");
  return define(command, true);
}

}  // namespace spoold
