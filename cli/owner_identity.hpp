#pragma once

#include "base/result.hpp"
#include "session.hpp"

namespace spoold {

// Root who tends another user's queue becomes that user, for good: what is made is then the owner's, and
// nothing that lies in the queue can lead root astray. Does nothing for anybody else, and in root's own
// queues.
[[nodiscard]] Result<void> become_owner(Session& session);

}  // namespace spoold
