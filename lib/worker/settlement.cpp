#include "worker/settlement.hpp"

#include <algorithm>

namespace spoold {

namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

// seq is the time of the enqueue, in nanoseconds since 1970.
WallTime enqueued_at(const EntryName& name) {
  return WallTime{std::chrono::nanoseconds{static_cast<std::int64_t>(name.seq)}};
}

AttemptRecord record_of(const Claim& claim, WallTime now, std::string outcome, std::string reason) {
  return AttemptRecord{.attempt = claim.name.attempts,
                       .finished_at = now,
                       .outcome = std::move(outcome),
                       .reason = std::move(reason),
                       .again = false};
}

Decision decide_retry(const Claim& claim, Retry retry, const RetryOptions& options, WallTime now,
                      double random) {
  const auto wait = backoff(options, claim.name.attempts, now - enqueued_at(claim.name), random);
  if (!wait) {
    const std::string attempts = std::to_string(claim.name.attempts);
    const std::string gave_up =
        "gave up after " + attempts + (claim.name.attempts == 1 ? " attempt: " : " attempts: ");
    return DeadLetter{record_of(claim, now, "retry", gave_up + retry.reason)};
  }
  const WallTime due = std::max(now + *wait, retry.not_before.value_or(now));
  AttemptRecord record = record_of(claim, now, "retry", std::move(retry.reason));
  record.again = true;
  return Defer{due, std::move(record)};
}

}  // namespace

Decision decide(const Claim& claim, Outcome outcome, const RetryOptions& retry, WallTime now, double random) {
  return std::visit(
      Overloaded{
          [&](Done& done) -> Decision { return Ack{std::move(done.receipt)}; },
          [&](Retry& again) -> Decision { return decide_retry(claim, std::move(again), retry, now, random); },
          [&](Reject& reject) -> Decision {
            return DeadLetter{record_of(claim, now, "reject", std::move(reject.reason))};
          },
          [&](Unavailable& unavailable) -> Decision { return Release{std::move(unavailable.reason)}; },
          [&](Interrupted& interrupted) -> Decision { return Release{std::move(interrupted.reason)}; }},
      outcome);
}

Decision decide_cancelled(const Claim& claim, Outcome outcome, const std::string& by, WallTime now) {
  if (auto* done = std::get_if<Done>(&outcome)) return Ack{std::move(done->receipt)};
  return Cancel{record_of(claim, now, "cancelled", "cancelled by " + by + " while it ran")};
}

std::optional<Decision> decide_before_run(const Claim& claim, WallTime now) {
  if (claim.entry.expires_at && *claim.entry.expires_at <= now) {
    const std::string reason = "expired: expires_at was " + format_rfc3339(*claim.entry.expires_at);
    return DeadLetter{record_of(claim, now, "expired", reason)};
  }
  if (claim.entry.not_before && *claim.entry.not_before > now) return Postpone{*claim.entry.not_before};
  return std::nullopt;
}

Result<Settled> carry_out(DirectoryStore& store, Settlement& settlement) {
  Claim& claim = settlement.claim;
  const auto plain = [](Result<void> done) -> Result<Settled> {
    if (done) return Settled{};
    if (done.error().kind != ErrorKind::unknown) return done.error();
    return Settled{.deferred_name = {}, .doubt = done.error()};
  };
  const auto put_off = [](Result<EntryName> name) -> Result<Settled> {
    if (!name) return name.error();
    return Settled{.deferred_name = std::move(*name), .doubt = {}};
  };
  return std::visit(
      Overloaded{[&](Ack& ack) { return plain(store.ack(claim, ack.receipt)); },
                 [&](Defer& defer) { return put_off(store.defer(claim, defer.due, defer.record)); },
                 [&](DeadLetter& dead) { return plain(store.dead_letter(claim, dead.record)); },
                 [&](Cancel& cancel) { return plain(store.cancel(claim, cancel.record)); },
                 [&](Postpone& postpone) { return put_off(store.postpone(claim, postpone.due)); },
                 [&](Release&) -> Result<Settled> {
                   auto name = store.release(claim);
                   if (!name) return name.error();
                   return Settled{};
                 }},
      settlement.decision);
}

}  // namespace spoold
