#include "worker/reporting.hpp"

namespace spoold {

EntryRef reference(const Claim& claim, const std::string& lane) {
  return EntryRef{.id = format_id(claim.name.seq),
                  .operation = claim.entry.operation,
                  .lane = lane,
                  .attempt = claim.name.attempts};
}

std::optional<Event> report(const Settlement& settlement) {
  const std::string& lane = settlement.lane;
  if (const auto* defer = std::get_if<Defer>(&settlement.decision)) {
    return event::Deferred{reference(settlement.claim, lane), defer->due, defer->record.reason};
  }
  if (const auto* postpone = std::get_if<Postpone>(&settlement.decision)) {
    EntryRef entry = reference(settlement.claim, lane);
    entry.attempt = 0;  // the claim is given back uncounted
    return event::Deferred{std::move(entry), postpone->due, "not_before lies ahead"};
  }
  if (const auto* dead = std::get_if<DeadLetter>(&settlement.decision)) {
    return event::DeadLettered{reference(settlement.claim, lane), dead->record.reason};
  }
  if (const auto* cancel = std::get_if<Cancel>(&settlement.decision)) {
    return event::Cancelled{reference(settlement.claim, lane), cancel->record.reason};
  }
  return std::nullopt;
}

}  // namespace spoold
