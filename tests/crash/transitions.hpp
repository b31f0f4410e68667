#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/lying_queue.hpp"
#include "support/temp_queue.hpp"

namespace spoold::test {

// One arrow of the state picture: a queue as it is before, and the step itself, which may be cut short
// anywhere. `Queue` is a TempQueue or a LyingQueue.
template <class Queue>
struct Scene {
  Queue queue;
  std::optional<Claim> claim{};
  std::vector<Claim> claims{};
  std::optional<Bundle> bundle{};
  std::vector<SplitOut> splits{};
  std::string file_name{};  // where the entry lies, when it is not claimed
  std::optional<EntryName> deferred{};
  std::vector<std::string> marks{};            // acknowledged: each must be found again, once
  std::map<std::string, std::uint64_t> ids{};  // by mark: the id it had, which it must keep
  std::map<std::string, State> promised{};     // by mark: the step said that it lies there for good
};

template <class Queue>
struct Transition {
  std::string name;
  std::function<void(Scene<Queue>&)> arrange;
  // True if the step says that it succeeded.
  std::function<bool(Scene<Queue>&)> step;
};

template <class Queue>
[[nodiscard]] const std::vector<Transition<Queue>>& all_transitions();

// An entry with a mark to know it by, whatever its name becomes.
[[nodiscard]] std::string marked(const std::string& mark);

// The places ("pending/05_...json") of every file in a state's directory that carries this mark.
template <class Queue>
[[nodiscard]] std::vector<std::string> places_of(const Queue& queue, const std::string& mark);

enum class Promises {
  all,
  all_but_reasons,  // what lies in corrupt/ may have lost its NAME.reason: two files, which only a journal
                    // orders
  nothing_lost      // not even that an entry is in one place only
};
// What a transition promised and did not keep, whatever happened to it; empty if all is well.
template <class Queue>
[[nodiscard]] std::vector<std::string> broken_promises(const Scene<Queue>& scene,
                                                       Promises which = Promises::all);

// A new daemon's work: claims and acknowledges whatever can be, and puts aside what cannot. False where it is
// kept from that.
template <class Queue>
[[nodiscard]] bool drain(Queue& queue);

}  // namespace spoold::test
