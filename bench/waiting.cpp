// Memory: what an entry costs that waits, as the daemon grows and as the waiting set itself accounts for it.

#include "bench/measure.hpp"
#include "bench/runs.hpp"
#include "bench/scratch_queue.hpp"
#include "schedule/waiting_set.hpp"

namespace spoold::bench {
namespace {

double waiting_set_bytes(std::size_t entries) {
  WaitingSet waiting;
  for (std::uint64_t seq = 1; seq <= entries; ++seq) waiting.add(plain_name(seq));
  return static_cast<double>(waiting.memory_bytes());
}

}  // namespace
}  // namespace spoold::bench

int main(int argc, char** argv) {
  using namespace spoold::bench;
  const Options options = read_options(argc, argv);
  const std::size_t entries = options.entries * 10;
  const std::string number = std::to_string(entries);
  const ScratchQueue empty{options.directory, "waiting-none", ScratchQueue::WithDatabase::no};
  const ScratchQueue full{options.directory, "waiting-many", ScratchQueue::WithDatabase::no};
  full.fill(entries);
  const Memory idle = memory_at_rest(ScratchQueue{options.directory, "waiting-idle"});
  const Memory base = memory_at_rest(empty);
  const Memory grown = memory_at_rest(full);
  const auto count = static_cast<double>(entries);
  report({.name = "resident_idle",
          .what = "resident memory, empty queue",
          .unit = "MiB",
          .value = idle.resident_bytes / 1048576,
          .aim = "<= 8"});
  report({.name = "resident_idle_own",
          .what = "of that its own, not pages of programs and libraries",
          .unit = "MiB",
          .value = idle.own_bytes / 1048576});
  report({.name = "memory_waiting",
          .what = "resident memory per entry, " + number + " waiting",
          .unit = "bytes",
          .value = (grown.resident_bytes - base.resident_bytes) / count,
          .aim = "<= 40"});
  report({.name = "memory_waiting_set",
          .what = "of that in the waiting set",
          .unit = "bytes",
          .value = waiting_set_bytes(entries) / count});
}
