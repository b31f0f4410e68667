#pragma once

#include "policy/pressure.hpp"
#include "queue_view.hpp"

namespace spoold {

// How hungry the queue is, counted from its directories, by the thresholds of the session's configuration.
[[nodiscard]] Result<Pressure> measure_queue(Session& session, QueueView& view);

}  // namespace spoold
