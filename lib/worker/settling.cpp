#include "worker/settling.hpp"

#include "worker/reporting.hpp"

namespace spoold {

namespace {

void note(SettledBatch& batch, const Settlement& settlement, Settled settled) {
  ++batch.settled;
  if (settled.doubt) batch.trouble = std::move(settled.doubt);
  if (std::holds_alternative<Ack>(settlement.decision) && batch.acked++ == 0) {
    batch.first_acked = reference(settlement.claim, settlement.lane);
  }
  if (const auto* release = std::get_if<Release>(&settlement.decision)) {
    if (batch.released++ == 0) {
      batch.release_lane = settlement.lane;
      batch.release_reason = release->reason;
    }
  }
  if (settled.deferred_name) batch.deferred.push_back(std::move(*settled.deferred_name));
  if (auto event = report(settlement)) batch.events.push_back(std::move(*event));
}

}  // namespace

SettledBatch settle_batch(DirectoryStore& store, std::vector<Settlement> settlements, bool sync_acks) {
  SettledBatch batch;
  for (Settlement& settlement : settlements) {
    auto settled = carry_out(store, settlement);
    if (settled) {
      note(batch, settlement, std::move(*settled));
    } else if (settled.error().kind != ErrorKind::not_found) {
      batch.trouble = settled.error();
      batch.held.push_back(std::move(settlement));
    }
    // not_found: somebody removed the file from processing/ by hand; there is nothing left to settle.
  }
  if (sync_acks && batch.acked > 0) {
    if (const auto synced = store.sync_acks(); !synced) batch.trouble = synced.error();
  }
  return batch;
}

}  // namespace spoold
