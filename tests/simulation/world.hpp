#pragma once

#include <memory>
#include <random>

#include "simulation/order_watch.hpp"
#include "simulation/process.hpp"
#include "store/producer.hpp"

namespace spoold::test {

// A daemon, producers and people on one queue, and all that can befall them, drawn from one seed: the same
// seed takes the same course.
class World {
 public:
  explicit World(std::uint64_t seed);

  // Lets one thing happen, and looks whether all promises hold.
  void step();
  // No more faults, and nothing new: everything must come to an end.
  void come_to_rest();

  [[nodiscard]] std::vector<std::string> broken() const;
  struct Figures {
    std::uint64_t steps = 0;
    std::uint64_t entries = 0;
    std::uint64_t power_cuts = 0;
    std::uint64_t deaths = 0;  // without a power cut
    std::uint64_t starts = 0;
    std::uint64_t calls = 0;   // of the disk
    std::uint64_t course = 0;  // stands for all that happened
  };
  [[nodiscard]] Figures figures() const;

 private:
  void run_daemon();
  void start_daemon();
  void lose_daemon();
  void let_time_pass();
  void befall();
  void produce();
  void drop_foreign();
  void move_by_hand();
  void cancel_or_pause();
  void trouble_disk();
  void cut_power();
  void step_clock();
  void note(std::string what);
  void hear(const Event& event);
  [[nodiscard]] std::size_t choose(std::size_t options) { return random_() % options; }
  [[nodiscard]] std::string operation(Mark mark);

  std::mt19937_64 random_;
  Choose choose_;
  VirtualTime time_;
  Weather weather_;
  LyingDisk disk_;
  Truth truth_;
  OrderWatch order_;
  SimulatedLedger ledger_;
  std::unique_ptr<Process> process_;
  MonotonicTime starts_again_{};
  WallTime newest_;
  bool sequence_lost_ = false;  // nobody has drawn an id since
  Figures figures_;
  bool telling_;
};

}  // namespace spoold::test
