#include "worker/router.hpp"

#include <algorithm>

#include "entry/entry_name.hpp"
#include "policy/glob.hpp"

namespace spoold {

const Router::Route* Router::find(std::string_view operation) const {
  for (const Route& route : routes_) {
    if (glob_matches(route.options.operation, operation)) return &route;
  }
  return nullptr;
}

std::optional<std::size_t> Router::only_lane() const {
  bool catches_all = false;
  for (const Route& route : routes_) {
    if (route.lane != routes_.front().lane || route.options.rate) return std::nullopt;
    catches_all = catches_all || route.options.operation == "*";
  }
  if (!catches_all) return std::nullopt;
  return routes_.front().lane;
}

std::vector<LaneQueue::RouteRate> Router::rates_of(std::size_t lane) const {
  std::vector<LaneQueue::RouteRate> rates;
  for (const Route& route : routes_) {
    if (route.lane == lane && route.options.rate) {
      rates.emplace_back(route.options.operation, *route.options.rate);
    }
  }
  return rates;
}

std::chrono::nanoseconds Router::wait_max() const {
  std::chrono::nanoseconds longest{0};
  for (const Route& route : routes_) longest = std::max(longest, route.options.retry.max);
  return longest;
}

std::string Router::explain_missing(std::string_view operation) const {
  std::string text = "no route for operation '" + printable(operation) + "'; the routes are: ";
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    if (i > 0) text += ", ";
    text += routes_[i].options.operation;
  }
  return text;
}

}  // namespace spoold
