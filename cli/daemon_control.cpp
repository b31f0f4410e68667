#include "daemon_control.hpp"

#include "daemon_report.hpp"

namespace spoold {

Result<Json> ask_daemon(const QueueView& view, const ControlRequest& request) {
  const auto running = daemon_pid(view);
  if (!running) return running.error();
  if (*running == 0) return Error{ErrorKind::not_found, "no daemon is running on " + view.path()};
  auto answer = ask_daemon(view.queue().handle, request, daemon_answer_time);
  if (answer || answer.error().kind != ErrorKind::not_found) return answer;
  // It ended just now, or never listened; or it is the answer.
  const auto still_running = daemon_pid(view);
  const bool listens = answer.error().message() != "no daemon listens";
  if (!still_running || *still_running == 0 || listens) return answer;
  return Error{ErrorKind::busy, "the daemon (pid " + std::to_string(*still_running) +
                                    ") does not listen on " + view.path() + "/" + control_socket_name +
                                    "; its log says why"};
}

}  // namespace spoold
