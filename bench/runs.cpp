#include "bench/runs.hpp"

#include <thread>
#include <vector>

#include "bench/child.hpp"
#include "bench/measure.hpp"

namespace spoold::bench {

using namespace std::chrono_literals;

double seconds_of_run(const ScratchQueue& queue, const std::string& mode) {
  const Stopwatch watch;
  Child child{{"--config", queue.config(), mode}, queue.log()};
  child.wait_for_success();
  return watch.seconds();
}

double start_up_seconds(const ScratchQueue& empty) {
  std::vector<double> runs;
  for (int i = 0; i < 5; ++i) runs.push_back(seconds_of_run(empty));
  return median(std::move(runs));
}

double start_up_seconds(const std::string& parent) {
  return start_up_seconds(ScratchQueue{parent, "start-up"});
}

Memory memory_at_rest(const ScratchQueue& queue) {
  Child child{{"--config", queue.config()}, queue.log()};
  Memory memory;
  for (int same = 0; same < 10;) {
    std::this_thread::sleep_for(100ms);
    require(child.running(), "spoold has ended by itself, see " + queue.log());
    const double now = child.resident_bytes();
    same = now == memory.resident_bytes ? same + 1 : 0;
    memory = {now, child.own_bytes()};
  }
  child.stop();
  return memory;
}

}  // namespace spoold::bench
