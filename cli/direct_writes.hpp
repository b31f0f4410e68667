#pragma once

#include "queue_view.hpp"

namespace spoold {

// How often the shell library wrote past this queue, straight into its databases.
[[nodiscard]] std::uint64_t count_direct_writes(Session& session, const QueueView& view);

}  // namespace spoold
