#include "os/clock.hpp"

#include <catch2/catch.hpp>

namespace spoold {

TEST_CASE("the system's clocks tell the time of day and never go back") {
  const SystemClock clock;
  CHECK(clock.wall_now() > WallTime{std::chrono::hours{24 * 365 * 50}});
  const MonotonicTime first = clock.monotonic_now();
  CHECK(clock.monotonic_now() >= first);
}

}  // namespace spoold
