#pragma once

#include <chrono>

#include "session.hpp"

namespace spoold {

// `status --watch`: the queue on a full screen, drawn anew every `interval`, until somebody leaves. Returns
// the exit status.
[[nodiscard]] Result<int> watch_status(Session& session, std::chrono::nanoseconds interval);

}  // namespace spoold
