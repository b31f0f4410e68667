// spoolctl on a long queue: how long the reading verbs take, when the first line comes, and their memory.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "bench/child.hpp"
#include "bench/measure.hpp"
#include "bench/scratch_queue.hpp"
#include "os/unique_fd.hpp"

namespace spoold::bench {
namespace {

struct Run {
  double seconds = 0;
  double first_seconds = 0;  // until its first output
  double memory_mib = 0;     // at its peak
};

// Runs the spoolctl that lies beside this program, and takes its output.
Run run(const std::string& queue, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {own_directory() + "/spoolctl", "--queue", queue});
  std::array<int, 2> ends{};
  require(::pipe2(ends.data(), O_CLOEXEC) == 0, "cannot make a pipe");
  const UniqueFd reading{ends[0]};
  UniqueFd writing{ends[1]};
  const Stopwatch watch;
  Program program{Command{.words = std::move(arguments), .log = "/dev/null", .output = writing.get()}};
  writing.reset();
  Run told;
  std::array<char, 65536> buffer{};
  while (::read(reading.get(), buffer.data(), buffer.size()) > 0) {
    if (told.first_seconds == 0) told.first_seconds = watch.seconds();
  }
  rusage usage{};
  require(program.wait(&usage), "spoolctl has failed");
  told.seconds = watch.seconds();
  told.memory_mib = static_cast<double>(usage.ru_maxrss) / 1024;
  return told;
}

class Series {
 public:
  Series(const std::string& queue, std::size_t rounds, const std::vector<std::string>& arguments) {
    for (std::size_t round = 0; round < rounds; ++round) runs_.push_back(run(queue, arguments));
  }
  [[nodiscard]] double median(double Run::*member) const {
    std::vector<double> values;
    for (const Run& each : runs_) values.push_back(each.*member);
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                     values.end());
    return values[values.size() / 2];
  }

 private:
  std::vector<Run> runs_;
};

}  // namespace
}  // namespace spoold::bench

int main(int argc, char** argv) {
  using namespace spoold::bench;
  const Options options = read_options(argc, argv);
  const std::size_t entries = options.entries * 5;  // 100,000 by default
  const std::string waiting = ", " + std::to_string(entries) + " waiting";
  const ScratchQueue queue{options.directory, "cli-scale", ScratchQueue::WithDatabase::no};
  queue.fill(entries);

  const Series status{queue.path(), options.rounds, {"status", "--json"}};
  const Series page{queue.path(), options.rounds, {"list", "--limit", "50"}};
  const Series all{queue.path(), options.rounds, {"list", "--json"}};
  report({.name = "status_time",
          .what = "spoolctl status" + waiting,
          .unit = "s",
          .value = status.median(&Run::seconds),
          .aim = "<= 0.3"});
  report({.name = "list_page_time",
          .what = "spoolctl list, a page of 50" + waiting,
          .unit = "s",
          .value = page.median(&Run::seconds)});
  report({.name = "list_first_time",
          .what = "spoolctl list of all, until its first line",
          .unit = "s",
          .value = all.median(&Run::first_seconds)});
  report({.name = "list_memory",
          .what = "spoolctl list of all, memory at its peak",
          .unit = "MiB",
          .value = all.median(&Run::memory_mib),
          .aim = "<= 20"});
  report({.name = "status_memory",
          .what = "spoolctl status, memory at its peak",
          .unit = "MiB",
          .value = status.median(&Run::memory_mib),
          .aim = "<= 20"});
}
