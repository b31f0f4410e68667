#pragma once

#include <optional>
#include <string>
#include <vector>

#include "event/event.hpp"
#include "store/directory_store.hpp"
#include "worker/router.hpp"
#include "worker/settlement.hpp"

namespace spoold {

// How long an entry stands back that the disk could not read.
constexpr std::chrono::nanoseconds unreadable_pause = std::chrono::seconds{60};

// What came of claiming a list of names for a lane.
struct ClaimedBatch {
  std::vector<Claim> claims;                 // to be performed, in order
  std::vector<const Router::Route*> routes;  // of each claim
  std::vector<Unsettled> unsettled;          // look again later
  std::vector<Event> events;                 // what was settled or condemned on the way
  std::vector<EntryName> deferred;           // not yet due: where they lie in deferred/
  std::vector<Settlement> unsettled_claims;  // could not be settled: storage trouble
  std::vector<std::string> not_claimed;      // still in pending/: storage trouble stopped us before them
  std::uint64_t failed = 0;                  // dead-lettered before they ran
  std::optional<Error> trouble;
};

// Claims names one after another on the store's thread, and settles at once what must not run: expired, not
// yet due, without a route, or of another lane's operation. A storage fault ends the batch early; nothing is
// lost by it.
[[nodiscard]] ClaimedBatch claim_batch(DirectoryStore& store, const Router& router, std::size_t lane,
                                       const std::string& lane_name, std::vector<std::string> names,
                                       WallTime now);

}  // namespace spoold
