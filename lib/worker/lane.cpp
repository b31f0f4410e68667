#include "worker/lane.hpp"

namespace spoold {

void Lane::limit(const LaneOptions& options) {
  paused = options.paused;
  if (rate == options.rate) return;
  rate = options.rate;
  starts.reset();
  if (rate) starts.emplace(*rate);
}

void Lane::follow(std::shared_ptr<Lane> before) {
  if (rate == before->rate) starts = before->starts;
  if (before->batches_under_way() > 0) predecessor = std::move(before);
}

}  // namespace spoold
