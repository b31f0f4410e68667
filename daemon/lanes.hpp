#pragma once

#include <memory>
#include <vector>

#include "config/config.hpp"
#include "worker/lane.hpp"
#include "worker/router.hpp"

namespace spoold {

// Builds the lanes and routes of a configuration, and of the ones that follow it at reloads. The loop's
// thread only.
class LaneFactory {
 public:
  // The clock must outlive the factory and its lanes.
  LaneFactory(boost::asio::any_io_executor loop, const Clock& clock)
      : loop_(std::move(loop)), clock_(&clock) {}

  // A lane whose backend is configured as before is the same one, with the new limits; what is configured
  // otherwise gets a new one, which counts what still runs in the old towards its limits. REQUIRES: the
  // configuration was checked.
  [[nodiscard]] std::vector<std::shared_ptr<Lane>> make(const Config& config);

 private:
  struct Made {
    BackendConfig config;
    std::shared_ptr<Lane> lane;
  };
  [[nodiscard]] Made make_one(const BackendConfig& backend, const std::string& queue_directory) const;

  boost::asio::any_io_executor loop_;
  const Clock* clock_;
  std::vector<Made> made_;
};

// REQUIRES: the configuration was checked: every route's backend exists.
[[nodiscard]] std::shared_ptr<const Router> make_router(const Config& config);

}  // namespace spoold
