#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "event/event.hpp"

namespace spoold {

// Keeps a flood of entries from flooding the log: journald drops lines, and with them such as matter, from
// 10,000 in 30 s. What happens to entries is told line by line while it is not too much, and in sums after
// that; what happens to lanes, the storage and the daemon always. Pure: the time is passed in.
class EventDigest {
 public:
  struct Options {
    double lines_max = 2000;        // at once
    double lines_per_second = 100;  // after that
  };
  EventDigest() : EventDigest(Options{}) {}
  explicit EventDigest(const Options& options) : options_(options), lines_left_(options.lines_max) {}

  // True if the event is to be told now; else it counts into a sum.
  [[nodiscard]] bool admit(const Event& event, MonotonicTime now);

  // What was not told since the last call: completed entries by lane, the rest by kind.
  [[nodiscard]] std::vector<Event> take_sums();

 private:
  void add(const Event& event);

  Options options_;
  double lines_left_;
  MonotonicTime last_{};
  std::map<std::string, event::Completed> completed_;  // by lane
  std::map<std::string, std::uint64_t> others_;        // by kind
};

}  // namespace spoold
