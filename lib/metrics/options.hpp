#pragma once

#include <chrono>
#include <string>

namespace spoold {

// `metrics:` of the configuration.
struct MetricsOptions {
  std::string file;                                              // empty: none is written
  std::chrono::nanoseconds interval = std::chrono::seconds{15};  // at most so often, while something changes

  friend bool operator==(const MetricsOptions&, const MetricsOptions&) = default;
};

}  // namespace spoold
