// Drain: a real spoold beside floor programs, all over the same files into the same kind of database.

#include "bench/drain_shape.hpp"
#include "bench/measure.hpp"
#include "bench/runs.hpp"

namespace spoold::bench {
namespace {

struct Row {
  const char* name;
  const char* what;
  DrainShape shape;
  std::size_t share;  // of the entries: small batches take long
  FloorThreads floor = FloorThreads::one;
  const char* aim = "";
};

constexpr Row rows[] = {
    {"drain_batch_1",
     "drain into SQLite, FULL, batches of 1",
     {1, true, true},
     10,
     FloorThreads::one,
     ">= 0.85"},
    {"drain_batch_10", "drain into SQLite, FULL, batches of 10", {10, true, true}, 2},
    {"drain_batch_10_two",
     "the same beside a floor of two threads",
     {10, true, true},
     2,
     FloorThreads::two,
     ">= 0.95"},
    {"drain", "drain into SQLite, FULL, batches of 100", {100, true, true}, 1, FloorThreads::one, ">= 0.85"},
    {"drain_two", "the same beside a floor of two threads", {100, true, true}, 1, FloorThreads::two},
    {"drain_batch_1000", "drain into SQLite, FULL, batches of 1,000", {1000, true, true}, 1},
    {"drain_normal_1", "drain into SQLite, NORMAL, batches of 1", {1, false, true}, 4},
    {"drain_normal", "drain into SQLite, NORMAL, batches of 100", {100, false, true}, 1},
    {"drain_no_op",
     "entries that do nothing, FULL, batches of 100",
     {100, true, false},
     1,
     FloorThreads::one,
     ">= 0.85"},
};

Rounds measure(const Options& options, const Row& row, double start_up) {
  const std::size_t entries = options.entries / row.share;
  Rounds rounds;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const std::string name = std::string{row.name} + "-" + std::to_string(round);
    const ScratchQueue for_spoold = filled_queue(options.directory, name + "-spoold", entries, row.shape);
    const ScratchQueue for_floor = filled_queue(options.directory, name + "-floor", entries, row.shape);
    in_turn(
        round, [&] { rounds.spoold.push_back(spoold_drain_rate(for_spoold, entries, start_up, row.shape)); },
        [&] { rounds.floor.push_back(floor_drain_rate(for_floor, entries, row.shape, row.floor)); });
  }
  return rounds;
}

}  // namespace
}  // namespace spoold::bench

int main(int argc, char** argv) {
  using namespace spoold::bench;
  const Options options = read_options(argc, argv);
  const double start_up = start_up_seconds(options.directory);
  for (const Row& row : rows) {
    report(compare(row.name, row.what, "entries/s", measure(options, row, start_up), row.aim));
  }
}
