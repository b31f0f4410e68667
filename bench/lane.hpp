#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "bench/measure.hpp"

// What an entry costs in a lane: a real `spoold --once` less an empty run, beside two floors that do the same
// work with as many threads as the lane runs at a time.
// - bare: the work alone, one after the other in each thread; no queue, nothing on the disk.
// - kept: the work with the bare system calls of the same promise, over the same files: rename to
// processing/,
//   open, read, close; after the work write the receipt, fsync (or write it out, where spoold does), rename
//   over the entry, rename to completed/, fsync completed/. No parser, no checks.

namespace spoold::bench {

struct LaneWork {
  std::string name;     // one word, for JSON
  std::string what;     // for people
  std::string backend;  // its options in the configuration, within braces
  std::string (*entry)(std::uint64_t id) = nullptr;
  // Called once in each thread of a floor; what it gives does the work of one entry.
  std::function<std::function<void(std::uint64_t id)>()> worker;
  // Ends the program unless the work has been done that often since it was last called.
  std::function<void(std::size_t times)> check = [](std::size_t) {};
};

// Takes and reports the figures with `concurrency` entries at a time.
void measure_lane(const Options& options, std::size_t entries, std::size_t concurrency, const LaneWork& work);

}  // namespace spoold::bench
