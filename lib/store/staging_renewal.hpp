#pragma once

#include <cstdint>

#include "store/queue_layout.hpp"

namespace spoold {

// Puts a fresh `.tmp` in the place of the old one, if possible in another block group, so that enqueueing
// does not suffer from what was removed (os/block_groups.hpp). Entries lie in the group they were staged in.
//
// The handle that `layout` has for it leads to the fresh one then. What producers have in the old one is
// moved over; one that has it open is told that its name is gone, and opens it again (Producer does). To be
// called by the holder of the queue's lock, on the thread that does its file work, or a write of the daemon's
// own could fall between.
[[nodiscard]] Result<void> renew_staging(const QueueLayout& layout, std::uint64_t number);

// Files removed in one cleanup from which this pays.
constexpr std::uint64_t renewal_worth = 1000;

}  // namespace spoold
