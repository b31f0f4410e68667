#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "support/temp_queue.hpp"

namespace spoold::test {

// One arrow of the state picture: a queue as it is before, and the step itself, which may be cut short
// anywhere.
struct Scene {
  TempQueue queue;
  std::optional<Claim> claim;
  std::string file_name;  // where the entry lies, when it is not claimed
  std::optional<EntryName> deferred;
  std::vector<std::string> marks;  // of entries that were acknowledged: each must be found again, once
};

struct Transition {
  std::string name;
  std::function<void(Scene&)> arrange;
  // True if the step says that it succeeded.
  std::function<bool(Scene&)> step;
};

[[nodiscard]] const std::vector<Transition>& all_transitions();

// An entry with a mark to know it by, whatever its name becomes.
[[nodiscard]] std::string marked(const std::string& mark);

// The places ("pending/05_...json") of every file in a state's directory that carries this mark.
[[nodiscard]] std::vector<std::string> places_of(const TempQueue& queue, const std::string& mark);

// What a transition promised and did not keep, whatever happened to it; empty if all is well.
[[nodiscard]] std::vector<std::string> broken_promises(const Scene& scene);

}  // namespace spoold::test
