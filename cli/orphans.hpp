#pragma once

#include "session.hpp"
#include "store/recovery.hpp"

namespace spoold {

// Brings back what a daemon that died left in processing/, as the next one would at its start: what its
// commands still run is ended first. REQUIRES: the queue's lock is held.
[[nodiscard]] Result<RecoveryReport> recover_orphans(Session& session, const QueueLayout& layout);

}  // namespace spoold
