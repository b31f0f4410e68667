#include "service.hpp"

namespace spoold {

Result<int> start_service(Session& session) {
  if (const auto unit = managing_unit(session)) return start_unit(*unit);
  return start_process(session);
}

Result<int> stop_service(Session& session, std::chrono::nanoseconds timeout) {
  if (const auto unit = managing_unit(session)) return stop_unit(*unit);
  return stop_process(session, timeout);
}

}  // namespace spoold
