#pragma once

#include <string>

#include "bench/scratch_queue.hpp"

// Runs of a real spoold over a scratch queue.

namespace spoold::bench {

// `spoold --once`, or in another such mode, from its start to its end, which must be a success.
[[nodiscard]] double seconds_of_run(const ScratchQueue& queue, const std::string& mode = "--once");

// Seconds that a run takes that finds nothing to do: the median of five, over an empty queue, or one of its
// own.
[[nodiscard]] double start_up_seconds(const ScratchQueue& empty);
[[nodiscard]] double start_up_seconds(const std::string& parent);

// Of a daemon, once its resident bytes have stayed the same for a second: it has seen all there is.
struct Memory {
  double resident_bytes = 0;
  double own_bytes = 0;  // of these: see Child::own_bytes()
};
[[nodiscard]] Memory memory_at_rest(const ScratchQueue& queue);

}  // namespace spoold::bench
