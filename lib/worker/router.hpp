#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worker/lane_queue.hpp"
#include "worker/options.hpp"

namespace spoold {

// Says which lane serves an operation. Immutable: may be read on any thread.
class Router {
 public:
  struct Route {
    std::size_t lane = 0;
    RouteOptions options;
  };

  explicit Router(std::vector<Route> routes) : routes_(std::move(routes)) {}

  // The first route whose glob matches; null if none does.
  [[nodiscard]] const Route* find(std::string_view operation) const;

  // The one lane everything goes to, whatever the operation, where no route has a rate: no entry need be
  // opened to know where it waits.
  [[nodiscard]] std::optional<std::size_t> only_lane() const;

  // The routes to a lane that have rates of their own.
  [[nodiscard]] std::vector<LaneQueue::RouteRate> rates_of(std::size_t lane) const;

  // The longest back-off of any route.
  [[nodiscard]] std::chrono::nanoseconds wait_max() const;

  // "no route for operation 'x'; the routes are: chat.*, report"
  [[nodiscard]] std::string explain_missing(std::string_view operation) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace spoold
