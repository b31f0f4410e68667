#include "policy/backoff.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace spoold;
using namespace std::chrono_literals;

namespace {

RetryOptions without_jitter() {
  RetryOptions options;
  options.retries_max = 1'000'000'000;
  options.jitter = Jitter::none;
  return options;
}

}  // namespace

TEST_CASE("the wait doubles from attempt to attempt up to its maximum") {
  const RetryOptions options = without_jitter();
  CHECK(backoff(options, 1, 0s, 0.5) == 2s);
  CHECK(backoff(options, 2, 0s, 0.5) == 4s);
  CHECK(backoff(options, 3, 0s, 0.5) == 8s);
  CHECK(backoff(options, 8, 0s, 0.5) == 256s);
  CHECK(backoff(options, 9, 0s, 0.5) == 5min);
  CHECK(backoff(options, 1'000'000'000, 0s, 0.5) == 5min);
}

TEST_CASE("the largest settings do not overflow") {
  RetryOptions options = without_jitter();
  options.initial = std::chrono::nanoseconds::max();
  options.max = std::chrono::nanoseconds::max();
  options.factor = 1e300;
  CHECK(backoff(options, 1, 0s, 0.5) == std::chrono::nanoseconds::max());
  CHECK(backoff(options, 900, 0s, 0.5) == std::chrono::nanoseconds::max());
}

TEST_CASE("no initial wait is no wait at all, however many attempts") {
  RetryOptions options = without_jitter();
  options.initial = 0s;
  CHECK(backoff(options, 1, 0s, 0.5) == 0s);
  CHECK(backoff(options, 5000, 0s, 0.5) == 0s);
}

TEST_CASE("full jitter takes a uniform part of the wait") {
  RetryOptions options = without_jitter();
  options.jitter = Jitter::full;
  CHECK(backoff(options, 3, 0s, 0.0) == 0s);
  CHECK(backoff(options, 3, 0s, 0.25) == 2s);
  CHECK(*backoff(options, 3, 0s, 0.999) < 8s);
}

TEST_CASE("retries end when they are used up") {
  RetryOptions options;
  CHECK(backoff(options, 3, 0s, 0.5));
  CHECK_FALSE(backoff(options, 4, 0s, 0.5));
  options.retries_max = 0;
  CHECK_FALSE(backoff(options, 1, 0s, 0.5));
}

TEST_CASE("no retry begins once the budget of time is spent") {
  RetryOptions options = without_jitter();
  options.budget = 10s;
  CHECK(backoff(options, 1, 7s, 0.5) == 2s);
  CHECK_FALSE(backoff(options, 1, 8s, 0.5));
  CHECK_FALSE(backoff(options, 1, 1h, 0.5));
}

TEST_CASE("an entry from the future has its whole budget") {
  RetryOptions options = without_jitter();
  options.budget = 10s;
  CHECK(backoff(options, 1, std::chrono::nanoseconds::min(), 0.5) == 2s);
}
