#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <iostream>

#include "backend/command_bench.hpp"

// As much of a daemon as runs one command, to be killed meanwhile: QUEUE SCRIPT. Says "running" when the
// script writes to "told" in the queue.

using namespace spoold::test;

int main(int, char** argv) {
  const std::string queue{argv[1]};
  CommandBench bench{argv[2], [&](spoold::CommandOptions& options) { options.queue = queue; }};
  bool told = false;
  bench.when_told_in(queue, [&] { told = true; });
  bench.begin("{}", [&] { return told; });
  std::cout << "running" << std::endl;
  bench.begin("{}", [] { return false; });
  return 0;
}
