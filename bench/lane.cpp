#include "bench/lane.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "bench/bare_calls.hpp"
#include "bench/runs.hpp"
#include "bench/scratch_queue.hpp"

namespace spoold::bench {
namespace {

// As long as what the lanes write for such an answer, about.
constexpr std::string_view receipt =
    "{\"result\":{\"status\":\"done\",\"finished_at\":\"2026-01-02T04:42:43.000Z\",\"duration_ms\":0}}\n";

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(directory))
    names.push_back(file.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

// The system calls of the floor `kept`.
class Keeper {
 public:
  Keeper(const std::string& queue, Order order)
      : order_(order),
        pending_(open_directory(queue + "/pending")),
        processing_(open_directory(queue + "/processing")),
        completed_(open_directory(queue + "/completed")),
        staging_(open_directory(queue + "/.tmp")) {}

  // Gives the entry's text.
  [[nodiscard]] std::string claim(const std::string& name) const {
    move_new(name, pending_, processing_);
    return read_file(processing_, name);
  }

  void settle(const std::string& name, const std::string& text) const {
    write_file(staging_, name.c_str(), text, order_);
    require(::renameat(staging_.get(), name.c_str(), processing_.get(), name.c_str()) == 0,
            "the floor program cannot rename " + name);
    move_new(name, processing_, completed_);
    sync_names(completed_);
  }

 private:
  Order order_;
  UniqueFd pending_;
  UniqueFd processing_;
  UniqueFd completed_;
  UniqueFd staging_;
};

// One lane with one kind of work, measured.
class LaneBench {
 public:
  LaneBench(const Options& options, std::size_t entries, std::size_t concurrency, const LaneWork& work)
      : options_(options),
        entries_(entries),
        concurrency_(concurrency),
        work_(work),
        order_(order_of(options.directory)) {}

  void measure() {
    start_up_ = start_up_seconds(make_queue("empty"));
    for (round_ = 0; round_ < options_.rounds; ++round_) {
      in_turn(
          round_, [this] { spoold(); },
          [this] {
            bare();
            kept();
          });
    }
  }

  void report_figures() const {
    const std::string name = work_.name + "_" + std::to_string(concurrency_);
    const std::string what = work_.what + ", " + std::to_string(concurrency_) + " at a time";
    std::vector<double> rates;
    for (const double microseconds : spoold_) rates.push_back(1e6 / microseconds);
    report(Figure{.name = name + "_rate", .what = what, .unit = "entries/s", .value = median(rates)});
    report(compare(name, what + ", to the bare work", "us/entry", Rounds{spoold_, bare_}, ""));
    report(compare(name + "_kept", what + ", to the work with receipts", "us/entry", Rounds{spoold_, kept_},
                   ""));
  }

 private:
  [[nodiscard]] ScratchQueue make_queue(const std::string& who) const {
    const ScratchQueue queue{options_.directory, work_.name + "-" + std::to_string(concurrency_) + "-" + who,
                             ScratchQueue::WithDatabase::no};
    std::ofstream file{queue.config()};
    file << "queue: { directory: " << queue.path() << " }\n"
         << "worker: { idle_exit: 0s }\n"
         << "backends:\n"
         << "  main: { concurrency: " << concurrency_ << ", " << work_.backend << " }\n";
    require(static_cast<bool>(file.flush()), "cannot write " + queue.config());
    return queue;
  }

  [[nodiscard]] ScratchQueue filled(const std::string& who) const {
    ScratchQueue queue = make_queue(who + "-" + std::to_string(round_));
    queue.fill(entries_, work_.entry);
    return queue;
  }

  void check_completed(const ScratchQueue& queue) const {
    require(names_in(queue.path() + "/completed").size() == entries_,
            queue.path() + ": entries are not completed");
    work_.check(entries_);
  }

  [[nodiscard]] double per_entry(double seconds) const {
    return seconds * 1e6 / static_cast<double>(entries_);
  }

  void spoold() {
    const ScratchQueue queue = filled("spoold");
    spoold_.push_back(per_entry(seconds_of_run(queue) - start_up_));
    check_completed(queue);
  }

  // Each thread takes every n-th entry; `run` does all that is done for one.
  [[nodiscard]] double in_threads(
      const std::function<void(const std::function<void(std::uint64_t)>& work, std::size_t id)>& run) const {
    const Stopwatch watch;
    std::vector<std::thread> threads;
    for (std::size_t first = 0; first < concurrency_; ++first) {
      threads.emplace_back([this, &run, first] {
        const auto work = work_.worker();
        for (std::size_t id = first; id < entries_; id += concurrency_) run(work, id);
      });
    }
    for (std::thread& thread : threads) thread.join();
    return per_entry(watch.seconds());
  }

  void bare() {
    bare_.push_back(in_threads([](const auto& work, std::size_t id) { work(id); }));
    work_.check(entries_);
  }

  void kept() {
    const ScratchQueue queue = filled("floor");
    const Keeper keeper{queue.path(), order_};
    const std::vector<std::string> names = names_in(queue.path() + "/pending");
    kept_.push_back(in_threads([&](const auto& work, std::size_t id) {
      std::string text = keeper.claim(names[id]);
      work(id);
      keeper.settle(names[id], text.append(receipt));
    }));
    check_completed(queue);
  }

  const Options& options_;
  std::size_t entries_;
  std::size_t concurrency_;
  const LaneWork& work_;
  Order order_;
  std::size_t round_ = 0;
  double start_up_ = 0;         // seconds of a run that finds nothing to do
  std::vector<double> spoold_;  // microseconds an entry, one a round; so are these two
  std::vector<double> bare_;
  std::vector<double> kept_;
};

}  // namespace

void measure_lane(const Options& options, std::size_t entries, std::size_t concurrency,
                  const LaneWork& work) {
  LaneBench bench{options, entries, concurrency, work};
  bench.measure();
  bench.report_figures();
}

}  // namespace spoold::bench
