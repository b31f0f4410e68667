// Enqueue: the library's Producer and the shell function, beside the bare system calls that they cannot do
// without.

#include <array>
#include <cstdio>
#include <deque>

#include "bench/bare_calls.hpp"
#include "bench/child.hpp"
#include "bench/measure.hpp"
#include "bench/scratch_queue.hpp"
#include "entry/entry_format.hpp"
#include "os/posix_file_system.hpp"
#include "store/producer.hpp"

namespace spoold::bench {
namespace {

enum class Sync { durable, unsynced };
Entry read_entry(std::uint64_t id) {
  return take(parse_entry(note_entry(id)));
}

// Seconds that each of some enqueues took.
using Times = std::vector<double>;

class SpooldProducer {
 public:
  SpooldProducer(const std::string& queue, Sync sync)
      : layout_(take(QueueLayout::open_for_producer(files_, queue))),
        sequence_(take(Sequence::open(layout_.queue(), clock_, 0600))),
        producer_(files_, layout_, sequence_, clock_,
                  ProducerOptions{.sync_directory = sync == Sync::durable}) {}

  void enqueue(std::uint64_t id) { static_cast<void>(take(producer_.enqueue(read_entry(id)))); }
  void enqueue_all(std::size_t entries) {
    std::vector<Entry> all;
    for (std::uint64_t id = 0; id < entries; ++id) all.push_back(read_entry(id));
    take(producer_.enqueue_all(std::move(all)).result);
  }

 private:
  PosixFileSystem files_;
  SystemClock clock_;
  QueueLayout layout_;
  Sequence sequence_;
  Producer producer_;
};

class FloorProducer {
 public:
  FloorProducer(const std::string& queue, Sync sync, Order order)
      : sync_(sync),
        order_(order),
        staging_(open_directory(queue + "/.tmp")),
        pending_(open_directory(queue + "/pending")) {}

  void enqueue(std::uint64_t id) const {
    stage(id);
    show(id);
    if (sync_ == Sync::durable) sync_names(pending_);
  }
  void enqueue_all(std::size_t entries) const {
    for (std::uint64_t id = 0; id < entries; ++id) stage(id);
    for (std::uint64_t id = 0; id < entries; ++id) show(id);
    sync_names(pending_);
  }

 private:
  static std::array<char, 32> name_of(std::uint64_t id) {
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "05_%020llu.json", static_cast<unsigned long long>(id + 1));
    return name;
  }

  void stage(std::uint64_t id) const { write_file(staging_, name_of(id).data(), note_entry(id), order_); }
  void show(std::uint64_t id) const { move_new(name_of(id).data(), staging_, pending_); }

  Sync sync_;
  Order order_;
  UniqueFd staging_;
  UniqueFd pending_;
};

ScratchQueue fresh_queue(const Options& options, const std::string& name, std::size_t round,
                         const char* who) {
  return {options.directory, name + "-" + who + "-" + std::to_string(round), ScratchQueue::WithDatabase::no};
}

template <class Producer>
Times each(Producer producer, std::size_t entries) {
  Times times;
  for (std::uint64_t id = 0; id < entries; ++id) {
    const Stopwatch watch;
    producer.enqueue(id);
    times.push_back(watch.seconds());
  }
  return times;
}

double rate_of(const Times& times) {
  double sum = 0;
  for (const double time : times) sum += time;
  return static_cast<double>(times.size()) / sum;
}

// One at a time from one process; the floor in the same order of calls.
void measure_single(const Options& options, std::size_t entries, Sync sync, Order order) {
  const std::string name = sync == Sync::durable ? "enqueue" : "enqueue_unsynced";
  Rounds rate;
  Rounds middle;
  Rounds slow;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const ScratchQueue ours = fresh_queue(options, name, round, "spoold");
    const ScratchQueue bare = fresh_queue(options, name, round, "floor");
    Times spoold;
    Times floor;
    in_turn(
        round,
        [&] {
          spoold = each(SpooldProducer{ours.path(), sync}, entries);
        },
        [&] {
          floor = each(FloorProducer{bare.path(), sync, order}, entries);
        });
    rate.spoold.push_back(rate_of(spoold));
    rate.floor.push_back(rate_of(floor));
    middle.spoold.push_back(median(spoold) * 1e6);
    middle.floor.push_back(median(floor) * 1e6);
    slow.spoold.push_back(percentile(spoold, 0.99) * 1e6);
    slow.floor.push_back(percentile(floor, 0.99) * 1e6);
  }
  const std::string what = sync == Sync::durable ? "durable enqueue" : "enqueue without the directory's sync";
  report(compare(name, what + ", one by one", "entries/s", rate, sync == Sync::durable ? ">= 0.87" : ""));
  report(compare(name + "_p50", what + ", median", "us", middle, sync == Sync::durable ? "<= 1.15" : ""));
  report(compare(name + "_p99", what + ", p99", "us", slow, sync == Sync::durable ? "<= 1.25" : ""));
}

// The two orders of bare calls, one in place of spoold.
void measure_orders(const Options& options, std::size_t entries) {
  Rounds rounds;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const ScratchQueue one = fresh_queue(options, "order", round, "one-commit");
    const ScratchQueue strict = fresh_queue(options, "order", round, "strict");
    const auto microseconds = [&](const ScratchQueue& queue, Order order) {
      return median(each(FloorProducer{queue.path(), Sync::durable, order}, entries)) * 1e6;
    };
    in_turn(
        round, [&] { rounds.spoold.push_back(microseconds(one, Order::one_commit)); },
        [&] { rounds.floor.push_back(microseconds(strict, Order::strict)); });
  }
  report(compare("enqueue_one_commit", "bare calls with one commit, median; beside the strict order", "us",
                 rounds, "<= 0.75"));
}

// Runs `work` in that many processes at once; entries a second of all together.
template <class Work>
double rate_of_processes(std::size_t processes, std::size_t entries, const Work& work) {
  std::deque<Program> children;
  const std::size_t each_process = entries / processes;
  const Stopwatch watch;
  for (std::size_t i = 0; i < processes; ++i)
    children.emplace_back([&, i] { work(i * entries, each_process); });
  for (Program& child : children) require(child.wait(), "a producer has failed");
  return static_cast<double>(each_process * processes) / watch.seconds();
}

void measure_concurrent(const Options& options, std::size_t entries, std::size_t processes, Order order) {
  const std::string name = "enqueue_" + std::to_string(processes);
  Rounds rounds;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const ScratchQueue ours = fresh_queue(options, name, round, "spoold");
    const ScratchQueue bare = fresh_queue(options, name, round, "floor");
    const auto spoold = [&](std::uint64_t first, std::size_t count) {
      SpooldProducer producer{ours.path(), Sync::durable};
      for (std::uint64_t id = first; id < first + count; ++id) producer.enqueue(id);
    };
    const auto floor = [&](std::uint64_t first, std::size_t count) {
      const FloorProducer producer{bare.path(), Sync::durable, order};
      for (std::uint64_t id = first; id < first + count; ++id) producer.enqueue(id);
    };
    in_turn(
        round, [&] { rounds.spoold.push_back(rate_of_processes(processes, entries, spoold)); },
        [&] { rounds.floor.push_back(rate_of_processes(processes, entries, floor)); });
  }
  report(compare(name, "durable enqueue, " + std::to_string(processes) + " processes at once", "entries/s",
                 rounds, ""));
}

void measure_bulk(const Options& options, std::size_t entries, Order order) {
  Rounds rounds;
  const auto rate = [&](const Stopwatch& watch) { return static_cast<double>(entries) / watch.seconds(); };
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const ScratchQueue ours = fresh_queue(options, "bulk", round, "spoold");
    const ScratchQueue bare = fresh_queue(options, "bulk", round, "floor");
    in_turn(
        round,
        [&] {
          const Stopwatch watch;
          SpooldProducer{ours.path(), Sync::durable}.enqueue_all(entries);
          rounds.spoold.push_back(rate(watch));
        },
        [&] {
          const Stopwatch watch;
          FloorProducer{bare.path(), Sync::durable, order}.enqueue_all(entries);
          rounds.floor.push_back(rate(watch));
        });
  }
  report(compare("enqueue_bulk", "durable enqueue, " + std::to_string(entries) + " at once", "entries/s",
                 rounds, ""));
}

// Seconds that bash takes for a script.
double seconds_of_shell(const std::string& script) {
  const Stopwatch watch;
  Program shell{Command{.words = {"bash", "-c", script}}};
  require(shell.wait(), "the shell has failed");
  return watch.seconds();
}

// queue_write of queue-lib.sh; the floor is the recipe of docs/queue.md: printf, sync, mv, sync.
void measure_shell(const Options& options, std::size_t entries) {
  const std::string program = own_directory() + "/spoolctl";
  const std::string times = "for ((i = 0; i < " + std::to_string(entries) + "; ++i)); do ";
  Rounds rounds;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const ScratchQueue ours = fresh_queue(options, "shell", round, "spoold");
    const ScratchQueue bare = fresh_queue(options, "shell", round, "floor");
    const std::string ours_script =
        "export QUEUE_BASE_DIR='" + ours.path() + "' SPOOLCTL='" + program +
        "'; source '" SPOOLD_QUEUE_LIB "'; " + times +
        "queue_write \"INSERT INTO notes(id, text) VALUES ($i, 'x')\" note >/dev/null || exit; done";
    const std::string bare_script =
        "cd '" + bare.path() + "'; umask 077; " + times +
        "n=5_$i.json; printf '{\"operation\":\"note\",\"sql\":\"INSERT INTO notes(id, text) VALUES "
        "(%s, 1)\"}\\n' $i > .tmp/$n && sync .tmp/$n && mv .tmp/$n pending/$n && sync pending || exit; done";
    const auto count = static_cast<double>(entries);
    in_turn(
        round, [&] { rounds.spoold.push_back(count / seconds_of_shell(ours_script)); },
        [&] { rounds.floor.push_back(count / seconds_of_shell(bare_script)); });
  }
  report(compare("enqueue_shell", "queue_write of queue-lib.sh; beside printf, sync, mv, sync", "entries/s",
                 rounds, ""));
}

}  // namespace
}  // namespace spoold::bench

int main(int argc, char** argv) {
  using namespace spoold::bench;
  const Options options = read_options(argc, argv);
  const std::size_t entries = options.entries / 10;
  const Order order = order_of(options.directory);
  measure_single(options, entries, Sync::durable, order);
  if (order == Order::one_commit) measure_orders(options, entries / 4);
  measure_single(options, entries, Sync::unsynced, order);
  for (const std::size_t processes : {4UL, 16UL}) measure_concurrent(options, entries, processes, order);
  measure_shell(options, entries / 10);
  measure_bulk(options, entries, order);
}
