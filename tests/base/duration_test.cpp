#include "base/duration.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <random>

using namespace spoold;
using namespace std::chrono_literals;

TEST_CASE("a duration is read in each unit") {
  struct Case {
    const char* text;
    std::chrono::nanoseconds value;
  };
  for (const Case& c : {Case{"0", 0ns}, Case{"0s", 0ns}, Case{"7ns", 7ns}, Case{"3us", 3us},
                        Case{"100ms", 100ms}, Case{"300s", 300s}, Case{"5m", 5min}, Case{"5min", 5min},
                        Case{"36h", 36h}, Case{"7d", 168h}, Case{"2w", 336h}}) {
    INFO(c.text);
    const auto parsed = parse_duration(c.text);
    REQUIRE(parsed.has_value());
    CHECK(*parsed == c.value);
  }
}

TEST_CASE("durations add up, and may have a fraction") {
  CHECK(*parse_duration("1h30m") == 90min);
  CHECK(*parse_duration("1m1ms") == 60'001ms);
  CHECK(*parse_duration("2.5s") == 2500ms);
  CHECK(*parse_duration(".5s") == 500ms);
  CHECK(*parse_duration("0.1w") == 16h + 48min);
  CHECK(*parse_duration("0.000000001s") == 1ns);
  CHECK(*parse_duration("1.5h0.5m") == 90min + 30s);
}

TEST_CASE("a duration keeps every nanosecond up to the largest") {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  CHECK(parse_duration("9007199254740993ns")->count() == 9007199254740993);
  CHECK(parse_duration(std::to_string(most) + "ns")->count() == most);
  CHECK(parse_duration("106751d23h47m16s854ms775us807ns")->count() == most);
}

TEST_CASE("what is no duration is refused, and the text says what is one") {
  for (const char* text : {"",
                           " ",
                           "5",
                           "s",
                           "-5s",
                           "+5s",
                           "5 s",
                           " 5s",
                           "5s ",
                           "1h30",
                           "5x",
                           "5S",
                           "1e3s",
                           "inf",
                           "nan",
                           "0x10s",
                           ".s",
                           "1..5s",
                           "1,5s",
                           "--",
                           "9223372036854775808ns",
                           "106752d",
                           "99999999999999999999w",
                           "1h-30m"}) {
    INFO(text);
    const auto parsed = parse_duration(text);
    REQUIRE(parsed.has_error());
    CHECK(parsed.error().kind == ErrorKind::invalid);
    CHECK(parsed.error().context.find("write a number and a unit") != std::string::npos);
  }
}

TEST_CASE("a duration is written shortest, largest unit first") {
  CHECK(format_duration(0s) == "0s");
  CHECK(format_duration(-5s) == "0s");
  CHECK(format_duration(90s) == "1m30s");
  CHECK(format_duration(300s) == "5m");
  CHECK(format_duration(7 * 24h) == "7d");
  CHECK(format_duration(1500ms) == "1s500ms");
  CHECK(format_duration(1ns) == "1ns");
}

TEST_CASE("every duration that is written is read back") {
  const auto seed = Catch::rngSeed();
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  for (int i = 0; i < 2000; ++i) {
    const std::chrono::nanoseconds duration{static_cast<std::int64_t>(random() >> (1 + random() % 63))};
    const std::string text = format_duration(duration);
    INFO(text);
    const auto parsed = parse_duration(text);
    REQUIRE(parsed.has_value());
    CHECK(*parsed == duration);
  }
}
