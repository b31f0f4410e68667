#pragma once

#include <string>
#include <vector>

#include "event/event.hpp"
#include "store/bundle_store.hpp"
#include "worker/router.hpp"
#include "worker/settlement.hpp"

namespace spoold {

// What one part of a bundle's lines comes to before any of them runs.
struct BundleSlice {
  std::vector<Claim> claims;                 // to be performed, in order; each under its line's name
  std::vector<const Router::Route*> routes;  // of each claim
  std::vector<EntryDigest> digests;          // likewise
  std::vector<SplitOut> splits;              // what does not run in the bundle, in order
  std::vector<Event> events;                 // what became of those
  bool last = false;                         // no more lines follow
};

// Reads a bundle's lines, parsed and routed, a slice at a time, so that memory is bounded. On one thread at a
// time; may be another than the one that made it.
class BundleReader {
 public:
  struct Lane {
    std::size_t index = 0;
    std::string name;
    bool takes_lines = true;  // else every line is to be an entry of its own
  };

  // The bundle and the router must outlive it; the bundle must stay as it is.
  BundleReader(const Bundle& bundle, const Router& router, Lane lane, std::uint64_t entry_bytes_max)
      : bundle_(bundle),
        router_(router),
        lane_(std::move(lane)),
        entry_bytes_max_(entry_bytes_max),
        lines_(bundle.text),
        ahead_(lines_.next()) {}

  // The next `lines_max` lines (1 or more), or fewer where they are long.
  [[nodiscard]] BundleSlice next(std::size_t lines_max, WallTime now);

 private:
  void read(const BundleLines::Line& line, WallTime now, BundleSlice& slice);
  void condemn(const BundleLines::Line& line, const std::string& why, BundleSlice& slice) const;
  void settle(Claim claim, Decision decision, BundleSlice& slice) const;
  void hand_on(const Claim& claim, BundleSlice& slice) const;
  [[nodiscard]] bool takes(const Router::Route& route) const;

  const Bundle& bundle_;
  const Router& router_;
  Lane lane_;
  std::uint64_t entry_bytes_max_;
  BundleLines lines_;
  std::optional<BundleLines::Line> ahead_;  // the next one
};

// The entry of its own that a line becomes where its attempt did not end as done. REQUIRES: the decision is
// to defer, postpone, dead-letter or cancel.
[[nodiscard]] SplitOut make_split(const Bundle& bundle, const Settlement& settlement);

}  // namespace spoold
