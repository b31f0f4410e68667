#pragma once

#include "control/client.hpp"
#include "queue_view.hpp"

namespace spoold {

constexpr std::chrono::seconds daemon_answer_time{5};

// As ask_daemon(). Kind not_found only where no daemon runs on the queue, or where it said so itself; one
// that runs and does not listen: kind busy.
[[nodiscard]] Result<Json> ask_daemon(const QueueView& view, const ControlRequest& request);

}  // namespace spoold
