#pragma once

#include <optional>
#include <string>

#include "event/event.hpp"
#include "worker/settlement.hpp"

namespace spoold {

// The entry a claim is of, as events name it.
[[nodiscard]] EntryRef reference(const Claim& claim, const std::string& lane);

// The event of a settlement that was carried out, for those that are told one by one: deferred and
// dead-lettered. Acks and releases are told by the batch, so that a busy queue does not flood the journal.
[[nodiscard]] std::optional<Event> report(const Settlement& settlement);

}  // namespace spoold
