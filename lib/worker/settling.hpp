#pragma once

#include <string>
#include <vector>

#include "event/event.hpp"
#include "worker/settlement.hpp"

namespace spoold {

// What came of settling a batch.
struct SettledBatch {
  std::uint64_t acked = 0;
  std::uint64_t released = 0;
  std::uint64_t settled = 0;  // all that left processing/, released ones too
  EntryRef first_acked;
  std::string release_lane;  // of the first one released
  std::string release_reason;
  std::vector<EntryName> deferred;  // names put off
  std::vector<Event> events;        // deferrals and dead letters, one by one
  std::vector<Settlement> held;     // to be settled again when the storage is mended
  std::optional<Error> trouble;
};

// Carries out settlements in order on the store's thread. With `sync_acks` the acks are made durable before
// it returns, for backends that do not remember by themselves.
[[nodiscard]] SettledBatch settle_batch(DirectoryStore& store, std::vector<Settlement> settlements,
                                        bool sync_acks);

// The same for batches that finished at about the same time, acks made durable: their receipts are written
// side by side, and one sync makes all acks durable. Each batch gets its own result, in their order.
[[nodiscard]] std::vector<SettledBatch> settle_group(DirectoryStore& store,
                                                     std::vector<std::vector<Settlement>> batches);

}  // namespace spoold
