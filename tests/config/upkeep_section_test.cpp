#include <catch2/catch.hpp>

#include "config/config_fixture.hpp"

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

TEST_CASE("retention, pressure and metrics are read") {
  const ConfigFile file(
      "retention:\n"
      "  completed: { age: 2h, count: 10, bytes: 1KiB, then: remove }\n"
      "  failed: { age: 0 }\n"
      "  archive: { count: 3 }\n"
      "pressure: { low: 2, balanced: 3, high: 4, overflow: 5, produce: { starving: 9, low: 0 } }\n"
      "metrics: { file: out.prom, interval: 2s }\n");
  const auto config = file.read();
  REQUIRE(config.has_value());
  CHECK(config->retention.completed == KeepOptions{2h, 10, 1024});
  CHECK(config->retention.then == AfterKeeping::remove);
  CHECK(config->retention.failed.age == 0s);
  CHECK(config->retention.cancelled == KeepOptions{24h * 7});
  CHECK(config->retention.archive == KeepOptions{24h * 30, 3});
  CHECK(config->pressure == PressureOptions{2, 3, 4, 5, 9, 0, 10});
  CHECK(config->metrics == MetricsOptions{file.directory() + "/out.prom", 2s});
}

TEST_CASE("thresholds that are not in order are refused where they were given") {
  CHECK(ConfigFile("pressure:\n  overflow: 20\n").refusal() ==
        "spoold.yaml:2: pressure.overflow is 20, not above pressure.high (25); write 26 or more");
  CHECK(ConfigFile("pressure:\n  low: 5\n").refusal() ==
        "spoold.yaml:2: pressure.balanced is 5, not above pressure.low (5); write 6 or more");
}

TEST_CASE("what retention cannot mean is refused") {
  CHECK(ConfigFile("retention: { completed: { then: burn } }\n").refusal() ==
        "spoold.yaml:1: retention.completed.then: 'burn' is unknown; expected archive or remove");
  CHECK(ConfigFile("retention:\n  compleeted: { age: 1h }\n").refusal() ==
        "spoold.yaml:2: retention.'compleeted': unknown key; did you mean 'completed'?");
  CHECK(ConfigFile("retention: { failed: { age: 7 } }\n").refusal() ==
        "spoold.yaml:1: retention.failed.age: '7' has no unit; expected a duration from 0s (no limit) to "
        "3650d, "
        "such as 7d");
}
