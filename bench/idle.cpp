// Idle: processor time and wake-ups of a daemon with nothing to do, over more than two minutes by default:
// once a minute it looks at its directories all the same, and after the first one at when its cleanup is due.

#include <thread>

#include "bench/child.hpp"
#include "bench/measure.hpp"
#include "bench/scratch_queue.hpp"

int main(int argc, char** argv) {
  using namespace spoold::bench;
  using namespace std::chrono_literals;
  const Options options = read_options(argc, argv);
  const ScratchQueue queue{options.directory, "idle"};
  Child child{{"--config", queue.config()}, queue.log()};
  std::this_thread::sleep_for(3s);  // its start is not idleness
  require(child.running(), "spoold has ended by itself, see " + queue.log());
  const Stopwatch watch;
  const double cpu = child.cpu_seconds();
  const double wake_ups = child.wake_ups();
  std::this_thread::sleep_for(std::chrono::seconds{options.seconds});
  const double seconds = watch.seconds();
  const double spent = child.cpu_seconds() - cpu;
  report({.name = "idle_cpu",
          .what = "processor time of an idle daemon",
          .unit = "%",
          .value = 100 * spent / seconds,
          .aim = "<= 0.01"});
  report({.name = "idle_cpu_ms",
          .what = "that is, in " + std::to_string(options.seconds) + " s",
          .unit = "ms",
          .value = spent * 1e3});
  report({.name = "idle_wake_ups",
          .what = "wake-ups of an idle daemon, all threads",
          .unit = "1/s",
          .value = (child.wake_ups() - wake_ups) / seconds});
  child.stop();
}
