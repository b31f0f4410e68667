#include "queue_pressure.hpp"

#include "config/config.hpp"

namespace spoold {

Result<Pressure> measure_queue(Session& session, QueueView& view) {
  std::uint64_t waiting = 0;
  for (const State state : {State::deferred, State::pending}) {
    SPOOLD_TRY(view.each(state, [&](std::string_view file_name) {
      const auto name = parse_entry_name(file_name);
      const bool tried_before = name && name->attempts > 0;
      if (state == State::pending || tried_before) waiting += name ? name->entries() : 1;
      return true;
    }));
  }
  return measure_pressure(session.config->pressure, waiting);
}

}  // namespace spoold
