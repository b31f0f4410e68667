#include <catch2/catch.hpp>
#include <csignal>
#include <random>
#include <sstream>

#include "integration/daemon_fixture.hpp"

using namespace spoold::test;

namespace {

constexpr int producers = 8;
constexpr int entries_each = 1250;
constexpr int kills = 200;

// A time to live for the daemon: from not yet begun to amid its batches.
void nap(std::mt19937& random) {
  const timespec duration{0, static_cast<long>(random() % 60'000'000)};
  ::nanosleep(&duration, nullptr);
}

}  // namespace

TEST_CASE("entries acknowledged by eight producers take effect once while the daemon is killed 200 times") {
  // Each kill from outside is held against the entries it hit; here that is not their fault.
  DaemonFixture fixture{"max_crashes: 1000"};
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};

  std::vector<std::unique_ptr<Program>> running;
  for (int i = 0; i < producers; ++i) {
    ProgramOptions options;
    options.time_limit = std::chrono::seconds{300};
    running.push_back(std::make_unique<Program>(
        std::vector<std::string>{PRODUCER_PROGRAM, fixture.queue(), "p" + std::to_string(i),
                                 std::to_string(entries_each)},
        options));
  }
  for (int i = 0; i < kills; ++i) {
    Program daemon{{SPOOLD_PROGRAM, "--config", fixture.config(), "--log-format", "text"}};
    nap(random);
    daemon.send_signal(SIGKILL);
    REQUIRE(daemon.wait().signal == SIGKILL);
  }
  std::size_t acknowledged = 0;
  for (const auto& producer : running) {
    const ProgramResult result = producer->wait();
    INFO(result.err);
    REQUIRE(result.exit_status == 0);
    std::istringstream lines{result.out};
    for (std::string tag; std::getline(lines, tag);) ++acknowledged;
  }
  REQUIRE(acknowledged == std::size_t{producers} * entries_each);

  const ProgramResult drained = fixture.spoold({"--drain"});
  INFO(drained.err);
  REQUIRE(drained.exit_status == 0);
  CHECK(fixture.sql("SELECT count(*) FROM effect").front() == std::to_string(acknowledged));
  CHECK(fixture.sql("SELECT count(DISTINCT tag) FROM effect").front() == std::to_string(acknowledged));
  CHECK(fixture.names("completed").size() == acknowledged);
  for (const char* folder : {"pending", "processing", "deferred", "failed", "corrupt"}) {
    INFO(folder);
    CHECK(fixture.names(folder).empty());
  }
}
