#pragma once

#include <cstddef>
#include <string>

#include "bench/scratch_queue.hpp"

// Draining a queue into a SQLite database: by a real spoold, and by the least that a drain by rename can do.

namespace spoold::bench {

struct DrainShape {
  std::size_t batch = 100;  // entries in a transaction
  bool full = true;         // synchronous=FULL, else NORMAL
  bool work = true;         // false: SELECT 1 in place of the INSERT
};

// A queue of that many entries, synced. `name` is its directory's.
[[nodiscard]] ScratchQueue filled_queue(const std::string& parent, const std::string& name,
                                        std::size_t entries, const DrainShape& shape);

// What has come of a queue's entries so far.
struct Done {
  std::size_t rows = 0;
  std::size_t completed = 0;
};
[[nodiscard]] Done done_in(const ScratchQueue& queue);
// Ends the program unless that many entries have been done since `before`.
void check_done(const ScratchQueue& queue, std::size_t entries, const DrainShape& shape,
                const Done& before = {});

// Entries a second of `spoold --once`, less its start.
[[nodiscard]] double spoold_drain_rate(const ScratchQueue& queue, std::size_t entries, double start_up,
                                       const DrainShape& shape, const Done& before = {});

// The same by bare system calls and SQLite, without ledger, savepoints, checks or parser: in one thread, or
// with the transactions in a second one, so that they overlap the file work.
enum class FloorThreads { one, two };
[[nodiscard]] double floor_drain_rate(const ScratchQueue& queue, std::size_t entries, const DrainShape& shape,
                                      FloorThreads threads = FloorThreads::one);

// The rate of claiming and completing the first entries of a queue, listing and sorting apart.
[[nodiscard]] double floor_claim_rate(const ScratchQueue& queue, std::size_t count);

}  // namespace spoold::bench
