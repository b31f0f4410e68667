#include "service.hpp"

#include "exit_status.hpp"
#include "verb.hpp"

namespace spoold {

Result<int> start_service(Session& session) {
  if (const auto unit = managing_unit(session)) return start_unit(*unit);
  return start_process(session);
}

Result<int> stop_service(Session& session, std::chrono::nanoseconds timeout) {
  if (const auto unit = managing_unit(session)) return stop_unit(*unit);
  return stop_process(session, timeout);
}

Result<int> restart_service(Session& session, std::chrono::nanoseconds timeout) {
  const auto unit = managing_unit(session);
  if (!unit) {
    // One that could not be started again is not stopped.
    const auto fits = session.check_daemon_config();
    if (!fits) return fail(exit_status::usage, fits.error().message());
  }
  const auto stopped = unit ? stop_unit(*unit) : stop_process(session, timeout);
  if (!stopped || *stopped != exit_status::done) return stopped;
  return unit ? start_unit(*unit) : start_process(session);
}

}  // namespace spoold
