#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>

#include "backend/command_bench.hpp"
#include "backend/command_proc.hpp"

// After ten thousand programs, or as many as fit the time.

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

namespace {

std::size_t open_files() {
  const std::filesystem::directory_iterator files{"/proc/self/fd"};
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

}  // namespace

TEST_CASE("ten thousand programs leave no descriptor and no process") {
  constexpr std::size_t wanted = 10'000;
  constexpr std::size_t at_once = 8;
  CommandBench bench{"", [](CommandOptions& options) {
                       options.program = "/bin/true";
                       options.arguments.clear();
                     }};
  const std::vector<std::string> entries(at_once, R"({"stdin":"x"})");
  bench.perform_all(entries);
  const std::size_t files = open_files();
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  std::size_t done = 0;
  while (done < wanted && std::chrono::steady_clock::now() < deadline) {
    for (const Outcome& outcome : bench.perform_all(entries)) {
      REQUIRE(CommandBench::describe(outcome) == "done");
      ++done;
    }
  }
  WARN(done << " programs");
  CHECK(open_files() == files);
  CHECK(child_processes().value().empty());
}

TEST_CASE("what cannot be started leaves no descriptor and no process") {
  CommandBench missing{"", [](CommandOptions& options) { options.program = "/nowhere/program"; }};
  missing.run();
  const std::size_t files = open_files();
  for (int i = 0; i < 200; ++i) missing.run();
  CHECK(open_files() == files);
  CHECK(child_processes().value().empty());
}

TEST_CASE("without descriptors to be had the backend is unavailable, and nothing is left behind") {
  CommandBench bench{"exit 0"};
  CHECK(bench.run() == "done");
  const std::size_t files = open_files();
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  std::size_t refused = 0;
  // One more each time, so that every step of the start is refused once.
  for (rlim_t allowed = files; allowed < files + 40; ++allowed) {
    rlimit tight = before;
    tight.rlim_cur = allowed;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
    const std::string outcome = bench.run();
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CAPTURE(allowed, outcome);
    CHECK((outcome == "done" || outcome.starts_with("unavailable: ")));
    if (outcome != "done") ++refused;
    CHECK(open_files() == files);
    CHECK(child_processes().value().empty());
  }
  CHECK(refused > 5);
  CHECK(refused < 40);
}
