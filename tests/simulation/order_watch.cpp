#include "simulation/order_watch.hpp"

#include <algorithm>

namespace spoold::test {

void OrderWatch::look(const std::vector<std::shared_ptr<Lane>>& lanes) {
  for (const auto& lane : lanes) {
    Ranks& before = waited_[lane->name];
    Ranks now = waiting(*lane);
    if (now == before) continue;
    compare(*lane, before, now);
    before = std::move(now);
  }
}

OrderWatch::Ranks OrderWatch::waiting(Lane& lane) {
  seqs_.clear();
  foreign_.clear();
  lane.waiting.collect(seqs_, foreign_);
  Ranks ranks;
  for (const std::uint64_t seq : seqs_) {
    auto known = priorities_.find(seq);
    if (known == priorities_.end()) {
      const auto priority = lane.waiting.unrated().priority_of(seq);
      if (!priority) continue;
      known = priorities_.emplace(seq, *priority).first;
    }
    ranks.emplace(known->second, seq);
  }
  return ranks;
}

void OrderWatch::compare(const Lane& lane, const Ranks& before, const Ranks& now) {
  Ranks taken;
  Ranks left;
  for (const Rank& rank : before) (now.count(rank) == 0 ? taken : left).insert(rank);
  taken_ += taken.size();
  if (taken.empty()) return;
  for (const Rank& passed_over : left) {
    if (*taken.rbegin() < passed_over) return;
    // The entry that found the backend out of order lets another try it.
    if (passed_over.second == lane.refused) continue;
    broken_.push_back("lane " + lane.name + " took " + std::to_string(taken.rbegin()->second) +
                      " of priority " + std::to_string(taken.rbegin()->first) + " before " +
                      std::to_string(passed_over.second) + " of priority " +
                      std::to_string(passed_over.first));
  }
}

}  // namespace spoold::test
