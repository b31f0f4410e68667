#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "worker/lane.hpp"

namespace spoold::test {

// P5: whatever a lane takes goes before all that waits there and stays. Looks at the lanes after each handler
// of the loop: what was there before and is gone was taken for a claim, and what was there and still is was
// passed over. Foreign names, which have no id before they are claimed, are left out.
class OrderWatch {
 public:
  void look(const std::vector<std::shared_ptr<Lane>>& lanes);
  void forget() { waited_.clear(); }  // a new process

  [[nodiscard]] const std::vector<std::string>& broken() const { return broken_; }
  [[nodiscard]] std::uint64_t taken() const { return taken_; }

 private:
  using Rank = std::pair<int, std::uint64_t>;  // priority, seq
  using Ranks = std::set<Rank>;
  [[nodiscard]] Ranks waiting(Lane& lane);
  void compare(const Lane& lane, const Ranks& before, const Ranks& now);

  std::map<std::uint64_t, int> priorities_;  // by seq; they never change
  std::map<std::string, Ranks> waited_;      // by lane
  std::vector<std::uint64_t> seqs_;
  std::vector<std::string> foreign_;
  std::uint64_t taken_ = 0;
  std::vector<std::string> broken_;
};

}  // namespace spoold::test
