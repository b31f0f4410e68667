#include "service.hpp"
#include "verbs.hpp"

namespace spoold {

Action define_start(CLI::App& command) {
  command.footer(
      "Where systemd has a unit for the queue (spoold.service, spoold@NAME.service), it is\n"
      "started, with the units that start it on demand. Else a daemon is started by itself, with\n"
      "worker.pid and worker.log in the queue; it ends when idle (worker.idle_exit), as always.\n"
      "Returns when the daemon is at work; if it cannot, its last words and its exit status.\n\n"
      "Examples:\n"
      "  spoolctl start\n"
      "  spoolctl --instance mail start");
  return [](Session& session) { return start_service(session); };
}

}  // namespace spoold
