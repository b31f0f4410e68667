#pragma once

#include <cstdint>
#include <string>

#include "bench/scratch_queue.hpp"

// Queues of bundles, as `spoolctl enqueue --bundle` makes them.

namespace spoold::bench {

// The text of a row, and the line of an entry that inserts it into the table `notes`.
[[nodiscard]] std::string bundled_text(std::uint64_t id);
[[nodiscard]] std::string bundled_line(std::uint64_t id);

// Lines for so many entries, in a file.
void write_lines(const std::string& path, std::size_t entries);

// Puts the file's lines into the queue, durably, 10,000 to a bundle.
void enqueue_bundles(const ScratchQueue& queue, const std::string& lines);

// Entries a second of `spoold --once`, less its start.
[[nodiscard]] double bundles_drain_rate(const ScratchQueue& queue, std::size_t entries, double start_up);

}  // namespace spoold::bench
