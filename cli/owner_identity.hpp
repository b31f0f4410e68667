#pragma once

#include "base/result.hpp"
#include "session.hpp"

namespace spoold {

// Nothing where this process is the queue's owner or root. Else kind no_permission, with who may.
[[nodiscard]] Result<void> require_owner(const Session& session);

// Root who tends another user's queue becomes that user, for good: what is made is then the owner's, and
// nothing that lies in the queue can lead root astray. Does nothing for the owner; anybody else is refused,
// as by require_owner().
[[nodiscard]] Result<void> become_owner(Session& session);

}  // namespace spoold
