#pragma once

#include <string>
#include <vector>

#include "store/directory_store.hpp"
#include "worker/bundle_reader.hpp"

namespace spoold {

// What came of claiming a bundle.
struct ClaimedBundle {
  std::optional<Bundle> bundle;
  std::optional<Bundle> stranded;      // not to be run, in processing/ still: to be given back
  std::optional<Unsettled> unsettled;  // look again later
  std::vector<Event> events;
  bool not_claimed = false;  // still in pending/: storage trouble
  std::optional<Error> trouble;
};

// On the store's thread. An adopted bundle's name is durable when this returns.
[[nodiscard]] ClaimedBundle claim_bundle(DirectoryStore& store, const std::string& file_name, WallTime now);

// The route of a bundle in pending/: that of its first line for a lane that takes bundles, by index in
// `takers`; else that of its first line. Null where no line has one. On the store's thread.
[[nodiscard]] const Router::Route* find_route_of_bundle(DirectoryStore& store, const Router& router,
                                                        const std::vector<bool>& takers,
                                                        const std::string& file_name);

// What is done with a bundle once its lines have run: those that leave it leave first, then it is acked or
// given back.
struct BundleSettlement {
  Bundle bundle;
  std::vector<SplitOut> splits;  // in the order of their lines
  std::size_t left_it = 0;       // so many of them have left the bundle for good
  bool release = false;
  // What is told once it is carried out.
  std::string lane;  // its name
  std::string release_reason;
  std::uint64_t done = 0;  // lines that took effect
  EntryRef first_done;
  std::uint64_t left = 0;     // lines that stay, to run another time
  std::vector<Event> events;  // of the splits
};

// The settlement that needs no room on the disk: the bundle as it is, back to pending/, to be judged anew.
// Where lines have left it already this cannot be; then it is unchanged.
[[nodiscard]] BundleSettlement give_back_unsplit(BundleSettlement settlement);

// Carries out a part of it, on the store's thread: small enough that others who wait for that thread need not
// wait for long. Nothing: there is more to do. An Error: it still lies in processing/ and is to be settled
// again. At the end: the names that lie in deferred/ now. A bundle that somebody took away in the middle is
// no error.
[[nodiscard]] Result<std::optional<std::vector<EntryName>>> carry_out_some(DirectoryStore& store,
                                                                           BundleSettlement& settlement);

}  // namespace spoold
