// The dispatcher's pipeline: what happens to one batch from its claim to its settlement.
#include "base/ensure.hpp"
#include "base/run_on.hpp"
#include "worker/dispatcher.hpp"
#include "worker/reporting.hpp"

namespace spoold {

namespace asio = boost::asio;

asio::awaitable<void> Dispatcher::run(Batch batch) {
  active_.insert(&batch);
  Lane& lane = *batch.lane;
  const bool ready = co_await open_backend(lane);
  if (ready && batch.bundle) {
    co_await run_bundle(batch);
  } else if (ready) {
    auto work = [this, &batch, now = context_.clock.wall_now()] {
      return claim_batch(context_.store, *batch.router, batch.lane_index, batch.lane->name, batch.names, now);
    };
    ClaimedBatch claimed = co_await run_on(context_.store_thread, std::move(work));
    take_in(batch, claimed);
    if (claimed.claims.empty()) {
      lane.breaker.abandon_probe();  // nothing to try it with, and nothing against it
    } else {
      co_await perform_and_settle(batch, std::move(claimed));
    }
  } else {
    for (std::string& name : batch.names) hooks_.look_again(std::move(name));
  }
  finish(batch);
}

asio::awaitable<bool> Dispatcher::open_backend(Lane& lane) {
  if (lane.opened) co_return true;
  const std::optional<Unavailable> unavailable = co_await lane.backend->open();
  if (unavailable) {
    lane_failed(lane, *unavailable);
    storage_.abandon_try();
    co_return false;
  }
  lane.opened = true;
  co_return true;
}

void Dispatcher::take_in(Batch& batch, ClaimedBatch& claimed) {
  for (const Event& event : claimed.events) context_.events.publish(event);
  for (Unsettled& unsettled : claimed.unsettled) hooks_.look_later(std::move(unsettled));
  for (EntryName& name : claimed.deferred) hooks_.put_off(std::move(name));
  for (std::string& name : claimed.not_claimed) hooks_.look_again(std::move(name));
  for (Settlement& settlement : claimed.unsettled_claims) storage_.hold(std::move(settlement));
  note_storage(claimed.trouble);
  batch.lane->running -= batch.entries - claimed.claims.size();
  running_ -= batch.entries - claimed.claims.size();
  settled_ += claimed.failed;
  batch.entries = claimed.claims.size();
}

asio::awaitable<void> Dispatcher::perform_and_settle(Batch& batch, ClaimedBatch claimed) {
  Lane& lane = *batch.lane;
  std::vector<Outcome> outcomes;
  if (claiming_) {
    std::vector<Attempt> attempts;
    attempts.reserve(claimed.claims.size());
    for (std::size_t i = 0; i < claimed.claims.size(); ++i) {
      const Claim& claim = claimed.claims[i];
      const RouteOptions& route = claimed.routes[i]->options;
      attempts.push_back({&claim.entry, &claim.name, route.timeout, route.template_file});
    }
    batch.performing = &claimed.claims;
    outcomes = co_await lane.backend->perform(std::move(attempts));
    batch.performing = nullptr;
    judge(lane, claimed.claims, outcomes);
  } else {
    outcomes.assign(claimed.claims.size(), Interrupted{"the worker stops"});
  }
  ensure(outcomes.size() == claimed.claims.size(), "a backend tells one outcome for each attempt");

  std::vector<Settlement> settlements = decide_all(lane, std::move(claimed), std::move(outcomes));
  SettledBatch settled = co_await settle(lane, std::move(settlements));
  take_in(settled, batch.began);
  note_storage(settled.trouble);
}

asio::awaitable<SettledBatch> Dispatcher::settle(const Lane& lane, std::vector<Settlement> settlements) {
  if (!lane.backend->remembers()) co_return co_await settler_.settle(std::move(settlements));
  auto work = [this, &settlements] { return settle_batch(context_.store, std::move(settlements), false); };
  co_return co_await run_on(context_.store_thread, std::move(work));
}

std::vector<Settlement> Dispatcher::decide_all(const Lane& lane, ClaimedBatch claimed,
                                               std::vector<Outcome> outcomes) {
  const WallTime now = context_.clock.wall_now();
  std::uniform_real_distribution<double> unit{0.0, 1.0};
  std::vector<Settlement> settlements;
  settlements.reserve(outcomes.size());
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const Claim& claim = claimed.claims[i];
    const auto by = cancelled_.extract(claim.name.seq);
    Decision decision =
        by ? decide_cancelled(claim, std::move(outcomes[i]), by.mapped(), now)
           : decide(claim, std::move(outcomes[i]), claimed.routes[i]->options.retry, now, unit(random_));
    settlements.push_back(Settlement{std::move(claimed.claims[i]), std::move(decision), lane.name});
  }
  return settlements;
}

void Dispatcher::take_in(SettledBatch& settled, MonotonicTime began) {
  settled_ += settled.settled - settled.released;
  const auto duration = context_.clock.monotonic_now() - began;
  if (settled.acked > 0) {
    context_.events.publish(
        event::Completed{settled.first_acked.lane, settled.acked, duration, settled.first_acked});
  }
  if (settled.released > 0) {
    context_.events.publish(event::Released{settled.release_lane, settled.released, settled.release_reason});
  }
  for (const Event& event : settled.events) context_.events.publish(event);
  for (EntryName& name : settled.deferred) hooks_.put_off(std::move(name));
  for (Settlement& settlement : settled.held) storage_.hold(std::move(settlement));
}

// What the outcomes tell of the backend. An entry that finds it unavailable again and again, while others in
// between were served, is itself what it cannot take: that counts as a failed attempt, and says nothing of
// the backend.
void Dispatcher::judge(Lane& lane, const std::vector<Claim>& claims, std::vector<Outcome>& outcomes) {
  bool served = false;
  std::optional<Unavailable> outage;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const std::uint64_t seq = claims[i].name.seq;
    if (auto* unavailable = std::get_if<Unavailable>(&outcomes[i])) {
      if (lane.is_to_blame(seq)) {
        outcomes[i] = Retry{unavailable->reason, unavailable->until};
      } else {
        lane.refused = seq;
        outage = *unavailable;
      }
    } else if (!std::holds_alternative<Interrupted>(outcomes[i])) {
      const auto* reject = std::get_if<Reject>(&outcomes[i]);
      if (reject != nullptr && reject->pause_lane) outage = Unavailable{reject->reason, std::nullopt};
      if (reject != nullptr && !reject->asked) continue;
      served = true;
      lane.absolve(seq);
    }
  }
  if (outage) return lane_failed(lane, *outage);
  if (!served) return lane.breaker.abandon_probe();
  lane.note_served();
  lane_succeeded(lane);
}

}  // namespace spoold
