// Scale: few and many entries waiting, and a million of them; a hundred thousand deferred. The queue of a
// million then shows a directory that was huge, and a million completed.

#include <fcntl.h>

#include <algorithm>
#include <filesystem>

#include "bench/arrivals.hpp"
#include "bench/bare_calls.hpp"
#include "bench/child.hpp"
#include "bench/drain_shape.hpp"
#include "bench/runs.hpp"
#include "bench/scratch_queue.hpp"
#include "os/unique_fd.hpp"

namespace spoold::bench {
namespace {

constexpr std::size_t claims_max = 10'000;

struct Claims {
  double first_seconds = 0;  // from the start of the program to the first claim
  double rate = 0;           // entries a second from the first claim to the last completion
};

// A daemon started on the queue, until it has completed so many.
Claims claims_of_spoold(const ScratchQueue& queue, std::size_t count) {
  Arrivals claimed{queue.path() + "/processing"};
  Arrivals completed{queue.path() + "/completed"};
  const Stopwatch watch;
  Child child{{"--config", queue.config(), "--max-entries", std::to_string(count)}, queue.log()};
  Claims claims;
  claimed.wait_for(1);
  claims.first_seconds = watch.seconds();
  completed.wait_for(count);
  claims.rate = static_cast<double>(count) / (watch.seconds() - claims.first_seconds);
  child.wait_for_success();
  return claims;
}

// The run's result, once the queue shows that it has done so many.
template <class Result>
Result checked(const ScratchQueue& queue, std::size_t count,
               Result (*run)(const ScratchQueue& queue, std::size_t count)) {
  const Done before = done_in(queue);
  const Result result = run(queue, count);
  check_done(queue, count, DrainShape{}, before);
  return result;
}

using Queues = std::vector<ScratchQueue>;

// In each round another of the queues, all of it; or a little of the one there is, which stays about as long.
void measure_claims(const Options& options, const Queues& for_spoold, const Queues& for_floor,
                    std::size_t waiting) {
  const std::size_t share = for_spoold.size() > 1 ? waiting : waiting / (20 * options.rounds);
  const std::size_t count = std::min(claims_max, share);
  Rounds rounds;
  std::vector<double> first;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    in_turn(
        round,
        [&] {
          const Claims claims = checked(for_spoold[round % for_spoold.size()], count, claims_of_spoold);
          first.push_back(claims.first_seconds);
          rounds.spoold.push_back(claims.rate);
        },
        [&] {
          rounds.floor.push_back(checked(for_floor[round % for_floor.size()], count, floor_claim_rate));
        });
  }
  const std::string number = std::to_string(waiting);
  report(compare("claims_" + number, "claimed and completed, " + number + " waiting", "entries/s", rounds,
                 ">= 0.67"));
  report({.name = "first_claim_" + number,
          .what = "start to first claim, " + number + " waiting",
          .unit = "s",
          .value = median(first),
          .aim = waiting >= 1'000'000 ? "<= 2" : ""});
}

void measure_memory(const Options& options, const ScratchQueue& queue, std::size_t waiting) {
  const ScratchQueue empty{options.directory, "scale-empty", ScratchQueue::WithDatabase::no};
  const std::string database = queue.database();
  // Without its database nothing drains, and all that waits is kept.
  std::filesystem::rename(database, database + ".away");
  const double grown = memory_at_rest(queue).resident_bytes - memory_at_rest(empty).resident_bytes;
  std::filesystem::rename(database + ".away", database);
  report({.name = "memory_" + std::to_string(waiting),
          .what = "resident memory per entry, " + std::to_string(waiting) + " waiting",
          .unit = "bytes",
          .value = grown / static_cast<double>(waiting),
          .aim = "<= 40"});
}

std::size_t move_all(const ScratchQueue& queue, const std::string& from, const std::string& to) {
  std::size_t moved = 0;
  const UniqueFd target = open_directory(queue.path() + "/" + to);
  for (const auto& file : std::filesystem::directory_iterator{queue.path() + "/" + from}) {
    const std::string name = file.path().filename().string();
    if (name.front() == '.') continue;
    require(::renameat(AT_FDCWD, file.path().c_str(), target.get(), name.c_str()) == 0,
            "cannot move " + name);
    ++moved;
  }
  return moved;
}

// pending/ held them all and is empty again.
void measure_emptied(const Options& options, const ScratchQueue& queue) {
  const ScratchQueue fresh{options.directory, "scale-fresh"};
  Rounds rounds;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    in_turn(
        round, [&] { rounds.spoold.push_back(seconds_of_run(queue) * 1e3); },
        [&] { rounds.floor.push_back(seconds_of_run(fresh) * 1e3); });
  }
  report(compare("emptied", "a run on a directory that was huge; beside a fresh one", "ms", rounds, ""));
}

// A fresh directory in place of one that is empty, and still as large as it was once.
void renew_pending(const ScratchQueue& queue) {
  const std::filesystem::path pending = queue.path() + "/pending";
  const std::filesystem::path emptied = queue.path() + ".emptied";
  std::filesystem::rename(pending, emptied);
  std::filesystem::create_directory(pending, emptied);  // with its mode
}

// In place of the queue's own: the rows and the ledger of before are not what is measured.
void take_database(const ScratchQueue& queue, const ScratchQueue& from) {
  for (const char* const kept : {"-wal", "-shm"}) std::filesystem::remove(queue.database() + kept);
  std::filesystem::rename(from.database(), queue.database());
}

// Entries end up beside all those that were completed before; all else is as fresh as in the other queue.
void measure_full_completed(const Options& options, const ScratchQueue& queue, std::size_t completed,
                            double start_up) {
  const std::size_t entries = claims_max;
  const DrainShape shape{};
  Done before{.completed = completed};
  Rounds rounds;
  renew_pending(queue);
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const std::string number = std::to_string(round);
    const ScratchQueue fresh = filled_queue(options.directory, "scale-beside-" + number, 0, shape);
    take_database(queue, filled_queue(options.directory, "scale-database-" + number, 0, shape));
    // Under numbers that the queue has not seen.
    for (const ScratchQueue* const each : {&fresh, &queue}) each->fill(entries, note_entry, before.completed);
    in_turn(
        round, [&] { rounds.spoold.push_back(spoold_drain_rate(queue, entries, start_up, shape, before)); },
        [&] { rounds.floor.push_back(spoold_drain_rate(fresh, entries, start_up, shape)); });
    before.completed += entries;
  }
  report(compare("beside_completed",
                 "drain beside " + std::to_string(completed) + " completed; beside an empty completed/",
                 "entries/s", rounds, ""));
}

// Due already, so all of them are moved to pending/ and then worked.
void measure_deferred(const Options& options, std::size_t deferred, double start_up) {
  const DrainShape shape{};
  const ScratchQueue queue = filled_queue(options.directory, "scale-deferred", deferred, shape);
  const ScratchQueue beside = filled_queue(options.directory, "scale-pending", deferred, shape);
  for (const auto& file : std::filesystem::directory_iterator{queue.path() + "/pending"}) {
    const std::string due = queue.path() + "/deferred/1767328963000_" + file.path().filename().string();
    require(::rename(file.path().c_str(), due.c_str()) == 0, "cannot defer");
  }
  Rounds rounds;
  rounds.spoold.push_back(static_cast<double>(deferred) / (seconds_of_run(queue, "--drain") - start_up));
  rounds.floor.push_back(spoold_drain_rate(beside, deferred, start_up, shape));
  report(compare("deferred",
                 "drain of " + std::to_string(deferred) + " deferred and due; beside as many pending",
                 "entries/s", rounds, ""));
}

}  // namespace
}  // namespace spoold::bench

int main(int argc, char** argv) {
  using namespace spoold::bench;
  const Options options = read_options(argc, argv);
  const std::size_t million = options.entries * 50;  // 1,000,000 by default
  const std::size_t few = million / 1000;
  Queues of_few;
  Queues of_few_for_floor;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const std::string name = "scale-few-" + std::to_string(round);
    of_few.push_back(filled_queue(options.directory, name, few, DrainShape{}));
    of_few_for_floor.push_back(filled_queue(options.directory, name + "-floor", few, DrainShape{}));
  }
  measure_claims(options, of_few, of_few_for_floor, few);
  const Queues many{filled_queue(options.directory, "scale-many", million / 10, DrainShape{})};
  measure_claims(options, many, many, million / 10);
  const double start_up = start_up_seconds(options.directory);
  measure_deferred(options, million / 10, start_up);
  const ScratchQueue queue = filled_queue(options.directory, "scale", million, DrainShape{});
  measure_memory(options, queue, million);
  measure_claims(options, {queue}, {queue}, million);
  move_all(queue, "pending", "completed");
  measure_emptied(options, queue);
  measure_full_completed(options, queue, million, start_up);
}
