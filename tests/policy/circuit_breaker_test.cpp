#include "policy/circuit_breaker.hpp"

#include <catch2/catch.hpp>

using namespace spoold;
using namespace std::chrono_literals;
using Position = CircuitBreaker::Position;

namespace {

const MonotonicTime start{1h};

// Fails the probe that is due at `now`.
void fail_probe(CircuitBreaker& breaker, MonotonicTime now) {
  REQUIRE(breaker.allows(now));
  breaker.begin_probe();
  breaker.failed(now, std::nullopt);
}

}  // namespace

TEST_CASE("a breaker begins closed and stays so while attempts succeed") {
  CircuitBreaker breaker{{}};
  CHECK(breaker.position(start) == Position::closed);
  CHECK(breaker.allows(start));
  breaker.succeeded();
  CHECK(breaker.allows(start));
}

TEST_CASE("a failure opens the breaker for its pause, then it is half open") {
  CircuitBreaker breaker{{}};
  breaker.failed(start, std::nullopt);
  CHECK(breaker.position(start) == Position::open);
  CHECK(breaker.open_until() == start + 1s);
  CHECK_FALSE(breaker.allows(start + 1s - 1ns));
  CHECK(breaker.position(start + 1s) == Position::half_open);
  CHECK(breaker.allows(start + 1s));
}

TEST_CASE("half open admits one probe at a time") {
  CircuitBreaker breaker{{}};
  breaker.failed(start, std::nullopt);
  breaker.begin_probe();
  CHECK_FALSE(breaker.allows(start + 1s));
  CHECK_FALSE(breaker.allows(start + 1h));
  breaker.succeeded();
  CHECK(breaker.position(start + 1s) == Position::closed);
  CHECK(breaker.allows(start + 1s));
}

TEST_CASE("a failed probe opens the breaker for longer, up to the maximum") {
  CircuitBreaker breaker{{}};
  breaker.failed(start, std::nullopt);
  MonotonicTime now = start;
  for (const auto pause : {2s, 4s, 8s, 16s, 30s, 30s}) {
    now = breaker.open_until();
    fail_probe(breaker, now);
    CHECK(breaker.open_until() == now + pause);
  }
}

TEST_CASE("after a success the pauses begin small again") {
  CircuitBreaker breaker{{}};
  breaker.failed(start, std::nullopt);
  fail_probe(breaker, start + 1s);
  breaker.begin_probe();
  breaker.succeeded();
  breaker.failed(start + 1h, std::nullopt);
  CHECK(breaker.open_until() == start + 1h + 1s);
}

TEST_CASE("the backend's own wish is honoured when it is longer") {
  CircuitBreaker breaker{{}};
  breaker.failed(start, 90s);
  CHECK(breaker.open_until() == start + 90s);
  CircuitBreaker impatient{{}};
  impatient.failed(start, 10ms);
  CHECK(impatient.open_until() == start + 1s);
}

TEST_CASE("attempts that fail side by side count as one failure") {
  CircuitBreaker breaker{{}};
  for (int i = 0; i < 50; ++i) breaker.failed(start, std::nullopt);
  CHECK(breaker.open_until() == start + 1s);
  breaker.failed(start + 500ms, 60s);
  CHECK(breaker.open_until() == start + 500ms + 60s);
  breaker.failed(start + 600ms, 1s);
  CHECK(breaker.open_until() == start + 500ms + 60s);
}

TEST_CASE("a probe that told nothing makes room for another") {
  CircuitBreaker breaker{{}};
  breaker.failed(start, std::nullopt);
  breaker.begin_probe();
  breaker.abandon_probe();
  CHECK(breaker.position(start + 1s) == Position::half_open);
  CHECK(breaker.allows(start + 1s));
}

TEST_CASE("a wish for ages does not overflow") {
  CircuitBreaker breaker{{}};
  breaker.failed(start, std::chrono::nanoseconds::max());
  CHECK(breaker.open_until() == MonotonicTime::max());
  CHECK_FALSE(breaker.allows(start + 1h));
}
