#include "worker/lane.hpp"

namespace spoold {

namespace {

constexpr int strikes_max = 3;
constexpr std::size_t strikes_kept_max = 1000;

}  // namespace

void Lane::limit(const LaneOptions& options) {
  paused = options.paused;
  if (rate == options.rate) return;
  rate = options.rate;
  starts.reset();
  if (rate) starts.emplace(*rate);
}

void Lane::note_served() {
  if (refused == 0) return;
  // Lanes with very many such entries forget them all now and then, which costs those some more tries.
  if (strikes.size() >= strikes_kept_max) strikes.clear();
  ++strikes[refused];
  refused = 0;
}

bool Lane::is_to_blame(std::uint64_t seq) {
  const auto found = strikes.find(seq);
  if (found == strikes.end() || found->second < strikes_max) return false;
  strikes.erase(found);
  return true;
}

bool Lane::suspects(const EntryName& bundle) const {
  const auto found = strikes.lower_bound(bundle.seq);
  return found != strikes.end() && bundle.owns(found->first);
}

void Lane::follow(std::shared_ptr<Lane> before) {
  if (rate == before->rate) starts = before->starts;
  waiting.take_starts(before->waiting);
  if (before->batches_under_way() > 0) predecessor = std::move(before);
}

}  // namespace spoold
