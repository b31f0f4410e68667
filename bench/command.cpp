// Commands: an entry of /bin/true through a command lane, beside posix_spawn and waitpid.

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "bench/lane.hpp"

namespace spoold::bench {
namespace {

std::string command_entry(std::uint64_t /*id*/) {
  return "{\"operation\":\"nothing\",\"metadata\":{},\"created_at\":\"2026-01-02T04:42:43Z\"}\n";
}

void spawn_and_wait() {
  std::string program = "/bin/true";
  std::array<char*, 2> argv{program.data(), nullptr};
  pid_t child = -1;
  int status = -1;
  require(::posix_spawn(&child, program.c_str(), nullptr, nullptr, argv.data(), environ) == 0 &&
              ::waitpid(child, &status, 0) == child && status == 0,
          "cannot run " + program);
}

}  // namespace
}  // namespace spoold::bench

int main(int argc, char** argv) {
  using namespace spoold::bench;
  const Options options = read_options(argc, argv);
  LaneWork work;
  work.name = "command";
  work.what = "/bin/true";
  work.backend = "type: command, program: /bin/true";
  work.entry = command_entry;
  work.worker = [] { return [](std::uint64_t /*id*/) { spawn_and_wait(); }; };
  for (const std::size_t concurrency : {1U, 4U})
    measure_lane(options, std::max<std::size_t>(options.entries / 40, 100), concurrency, work);
}
