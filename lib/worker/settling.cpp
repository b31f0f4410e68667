#include "worker/settling.hpp"

#include <algorithm>
#include <utility>

#include "worker/reporting.hpp"

namespace spoold {

namespace {

void count(SettledBatch& batch, const Settlement& settlement, Settled settled) {
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

void note(SettledBatch& batch, Settlement& settlement, Result<Settled> settled) {
  if (settled) {
    count(batch, settlement, std::move(*settled));
  } else if (settled.error().kind != ErrorKind::not_found) {
    batch.trouble = settled.error();
    batch.held.push_back(std::move(settlement));
  }
  // not_found: somebody removed the file from processing/ by hand; there is nothing left to settle.
}

const Json* receipt_of(const Settlement& settlement) {
  const auto* ack = std::get_if<Ack>(&settlement.decision);
  return ack != nullptr && !ack->receipt.is_null() ? &ack->receipt : nullptr;
}

}  // namespace

SettledBatch settle_batch(DirectoryStore& store, std::vector<Settlement> settlements, bool sync_acks) {
  SettledBatch batch;
  for (Settlement& settlement : settlements) note(batch, settlement, carry_out(store, settlement));
  if (sync_acks && batch.acked > 0) {
    if (const auto synced = store.sync_acks(); !synced) batch.trouble = synced.error();
  }
  return batch;
}

std::vector<SettledBatch> settle_group(DirectoryStore& store, std::vector<std::vector<Settlement>> batches) {
  std::vector<SettledBatch> settled(batches.size());
  std::vector<DirectoryStore::Acknowledgement> acks;
  std::vector<std::pair<SettledBatch*, Settlement*>> acked;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    for (Settlement& settlement : batches[i]) {
      if (const Json* const receipt = receipt_of(settlement)) {
        acks.push_back({&settlement.claim, receipt});
        acked.emplace_back(&settled[i], &settlement);
      } else {
        note(settled[i], settlement, carry_out(store, settlement));
      }
    }
  }
  std::vector<Result<void>> results = store.ack_all(acks);
  for (std::size_t i = 0; i < acked.size(); ++i) {
    note(*acked[i].first, *acked[i].second,
         results[i] ? Result<Settled>{Settled{}} : Result<Settled>{results[i].error()});
  }
  const bool to_sync =
      std::any_of(settled.begin(), settled.end(), [](const auto& batch) { return batch.acked > 0; });
  if (!to_sync) return settled;
  if (const auto synced = store.sync_acks(); !synced) {
    for (SettledBatch& batch : settled) {
      if (batch.acked > 0) batch.trouble = synced.error();
    }
  }
  return settled;
}

}  // namespace spoold
