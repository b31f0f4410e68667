#include "policy/rate_limit.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace spoold;
using namespace std::chrono_literals;

namespace {

const MonotonicTime start{1h};

}  // namespace

TEST_CASE("a rate is read as people write it") {
  CHECK(parse_rate("2/min").value() == Rate{2, 1min});
  CHECK(parse_rate("10/5s").value() == Rate{10, 5s});
  CHECK(parse_rate("1/s").value() == Rate{1, 1s});
  CHECK(parse_rate("100/h").value() == Rate{100, 1h});
  CHECK(parse_rate("5000/d").value() == Rate{5000, 24h});
  CHECK(parse_rate("3/1h30m").value() == Rate{3, 90min});
  CHECK(parse_rate("1000000/100ms").value() == Rate{1'000'000, 100ms});
}

TEST_CASE("what is no rate is refused with what would be right") {
  const auto text = GENERATE(as<std::string>{}, "", "/", "2", "2/", "/min", "0/min", "-1/min", "+1/min",
                             " 2/min", "2 /min", "2/ min", "2/fortnight", "2.5/min", "2/0s", "2/-5s",
                             "2/min/s", "1000001/s", "99999999999999999999/s", "2/5");
  const auto rate = parse_rate(text);
  INFO(text);
  REQUIRE(rate.has_error());
  CHECK(rate.error().kind == ErrorKind::invalid);
  CHECK(rate.error().message().find("'" + text + "' is no rate") == 0);
  CHECK(rate.error().message().find("2/min") != std::string::npos);
}

TEST_CASE("a rate is written the way it is read") {
  for (const char* text : {"2/min", "10/5s", "1/s", "100/h", "5000/d", "3/1h30m", "7/100ms"}) {
    CHECK(format_rate(*parse_rate(text)) == text);
  }
  CHECK(format_rate(*parse_rate("2/60s")) == "2/min");
}

TEST_CASE("starts up to the count are free, the next waits for the first to leave the window") {
  RateLimit limit{Rate{2, 1min}};
  CHECK(limit.next_allowed(start) == start);
  limit.begin(start);
  limit.begin(start + 10s);
  CHECK_FALSE(limit.allows(start + 20s));
  CHECK(limit.next_allowed(start + 20s) == start + 1min);
  CHECK_FALSE(limit.allows(start + 1min - 1ns));
  CHECK(limit.allows(start + 1min));
  limit.begin(start + 1min);
  CHECK(limit.next_allowed(start + 1min) == start + 1min + 10s);
}

TEST_CASE("no window of the length holds more starts than the count") {
  std::mt19937_64 random{GENERATE(1U, 2U, 3U, 4U, 5U)};
  const Rate rate{static_cast<std::uint32_t>(random() % 7 + 1), 1s};
  RateLimit limit{rate};
  std::vector<MonotonicTime> starts;
  MonotonicTime now = start;
  for (int i = 0; i < 20'000; ++i) {
    now += std::chrono::milliseconds{random() % (random() % 50 == 0 ? 3000 : 40)};
    if (!limit.allows(now)) continue;
    limit.begin(now);
    starts.push_back(now);
  }
  REQUIRE(starts.size() > 100);
  for (std::size_t i = rate.count; i < starts.size(); ++i) {
    REQUIRE(starts[i] - starts[i - rate.count] >= rate.per);
  }
}

TEST_CASE("one who starts whenever it may keeps the whole rate") {
  RateLimit limit{Rate{10, 5s}};
  MonotonicTime now = start;
  for (int i = 0; i < 1000; ++i) {
    now = limit.next_allowed(now);
    limit.begin(now);
  }
  CHECK(now == start + 99 * 5s);
}

TEST_CASE("the longest time does not overflow") {
  RateLimit limit{Rate{1, std::chrono::nanoseconds::max()}};
  limit.begin(start);
  CHECK(limit.next_allowed(start) == MonotonicTime::max());
}
