#include "worker/claiming.hpp"

#include <utility>

#include "worker/reporting.hpp"

namespace spoold {

namespace {

class BatchClaimer {
 public:
  BatchClaimer(DirectoryStore& store, const Router& router, std::size_t lane, const std::string& lane_name,
               WallTime now)
      : store_(store), router_(router), lane_(lane), lane_name_(lane_name), now_(now) {}

  ClaimedBatch run(std::vector<std::string> names) {
    batch_.claims.reserve(names.size());
    batch_.routes.reserve(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
      auto result = store_.claim(names[i]);
      if (!result) {
        batch_.trouble = result.error();
        // What the disk cannot read stands back for a while, so that one bad sector does not hold up the
        // queue.
        const bool unreadable = result.error().kind == ErrorKind::io;
        if (unreadable) batch_.unsettled.push_back({std::move(names[i]), now_ + unreadable_pause, false});
        const auto first = names.begin() + static_cast<std::ptrdiff_t>(unreadable ? i + 1 : i);
        batch_.not_claimed.assign(std::make_move_iterator(first), std::make_move_iterator(names.end()));
        break;
      }
      take(std::move(*result));
    }
    if (adopted_) sync();
    return std::move(batch_);
  }

 private:
  void take(ClaimResult result) {
    if (auto* claim = std::get_if<Claim>(&result)) {
      admit(std::move(*claim));
    } else if (auto* unsettled = std::get_if<Unsettled>(&result)) {
      batch_.unsettled.push_back(std::move(*unsettled));
    } else if (auto* condemned = std::get_if<Condemned>(&result)) {
      batch_.events.emplace_back(
          event::Condemned{printable(condemned->file_name), std::move(condemned->reason)});
    }
  }

  void admit(Claim claim) {
    if (auto decision = decide_before_run(claim, now_)) return settle(std::move(claim), std::move(*decision));
    const Router::Route* route = router_.find(claim.entry.operation);
    if (route == nullptr) {
      AttemptRecord record{.attempt = claim.name.attempts,
                           .finished_at = now_,
                           .outcome = "reject",
                           .reason = router_.explain_missing(claim.entry.operation)};
      return settle(std::move(claim), DeadLetter{std::move(record)});
    }
    if (route->lane != lane_) return give_back(std::move(claim));
    adopted_ = adopted_ || claim.adopted;
    batch_.claims.push_back(std::move(claim));
    batch_.routes.push_back(route);
  }

  void settle(Claim claim, Decision decision) {
    Settlement settlement{std::move(claim), std::move(decision), lane_name_};
    auto done = carry_out(store_, settlement);
    if (!done) {
      batch_.trouble = done.error();
      batch_.unsettled_claims.push_back(std::move(settlement));
      return;
    }
    if (std::holds_alternative<DeadLetter>(settlement.decision)) ++batch_.failed;
    if (done->doubt) batch_.trouble = std::move(done->doubt);
    if (done->deferred_name) batch_.deferred.push_back(std::move(*done->deferred_name));
    if (auto event = report(settlement)) batch_.events.push_back(std::move(*event));
  }

  void give_back(Claim claim) {
    Settlement settlement{std::move(claim), Release{"for another lane"}, lane_name_};
    auto done = carry_out(store_, settlement);
    if (!done) {
      batch_.trouble = done.error();
      batch_.unsettled_claims.push_back(std::move(settlement));
      return;
    }
  }

  // An adopted entry's new name is its identity in the ledger, so the name must be durable before the effect.
  void sync() {
    const auto synced = store_.sync_claims();
    if (synced) return;
    batch_.trouble = synced.error();
    for (Claim& claim : batch_.claims) {
      batch_.unsettled_claims.push_back(
          Settlement{std::move(claim), Release{"its claim could not be made durable"}, lane_name_});
    }
    batch_.claims.clear();
    batch_.routes.clear();
  }

  DirectoryStore& store_;
  const Router& router_;
  std::size_t lane_;
  const std::string& lane_name_;
  WallTime now_;
  bool adopted_ = false;
  ClaimedBatch batch_;
};

}  // namespace

ClaimedBatch claim_batch(DirectoryStore& store, const Router& router, std::size_t lane,
                         const std::string& lane_name, std::vector<std::string> names, WallTime now) {
  return BatchClaimer{store, router, lane, lane_name, now}.run(std::move(names));
}

}  // namespace spoold
