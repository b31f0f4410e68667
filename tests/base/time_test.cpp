#include "base/time.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <random>

using namespace spoold;
using namespace std::chrono_literals;

namespace {

WallTime at(std::int64_t seconds, std::chrono::nanoseconds rest = 0ns) {
  return WallTime{std::chrono::seconds{seconds} + rest};
}

}  // namespace

TEST_CASE("RFC 3339 is read in all its spellings") {
  struct Case {
    const char* text;
    WallTime time;
  };
  for (const Case& c :
       {Case{"1970-01-01T00:00:00Z", at(0)}, Case{"2026-01-02T04:42:43Z", at(1767328963)},
        Case{"2026-01-02t04:42:43z", at(1767328963)}, Case{"2026-01-02T04:42:43.5Z", at(1767328963, 500ms)},
        Case{"2026-01-02T04:42:43.123456789Z", at(1767328963, 123456789ns)},
        Case{"2026-01-02T04:42:43.1234567899999Z", at(1767328963, 123456789ns)},
        Case{"2026-01-02T05:42:43+01:00", at(1767328963)}, Case{"2026-01-01T23:12:43-05:30", at(1767328963)},
        Case{"2026-01-02T04:42:43-00:00", at(1767328963)}, Case{"2024-02-29T00:00:00Z", at(1709164800)},
        Case{"2016-12-31T23:59:60Z", at(1483228799, 999999999ns)},
        Case{"2261-12-31T23:59:59Z", at(9214646399)}}) {
    INFO(c.text);
    const auto parsed = parse_rfc3339(c.text);
    REQUIRE(parsed.has_value());
    CHECK(*parsed == c.time);
  }
}

TEST_CASE("what is not RFC 3339 is refused") {
  for (const char* text : {"",
                           "now",
                           "1767328963",
                           "2026-01-02",
                           "2026-01-02T04:42:43",
                           "2026-01-02 04:42:43Z",
                           "2026-01-02T04:42Z",
                           "2026-01-02T04:42:43.Z",
                           "2026-01-02T04:42:43,5Z",
                           "2026-01-02T04:42:43Z ",
                           " 2026-01-02T04:42:43Z",
                           "2026-01-02T04:42:43+0100",
                           "2026-01-02T04:42:43+01",
                           "2026-01-02T04:42:43+24:00",
                           "2026-01-02T04:42:43+00:60",
                           "2026-1-2T04:42:43Z",
                           "2026-13-02T04:42:43Z",
                           "2026-00-02T04:42:43Z",
                           "2026-01-32T04:42:43Z",
                           "2026-02-29T04:42:43Z",
                           "2026-01-02T24:00:00Z",
                           "2026-01-02T04:60:43Z",
                           "2026-01-02T04:42:61Z",
                           "1969-12-31T23:59:59Z",
                           "1970-01-01T00:00:00+01:00",
                           "2262-01-01T00:00:00Z",
                           "+026-01-02T04:42:43Z",
                           "2026-01-02T04:42:43ZZ",
                           "2026-01-02T-4:42:43Z"}) {
    INFO(text);
    const auto parsed = parse_rfc3339(text);
    REQUIRE(parsed.has_error());
    CHECK(parsed.error().kind == ErrorKind::invalid);
    CHECK(parsed.error().context.find("RFC 3339") != std::string::npos);
  }
}

TEST_CASE("a time cut at any byte is refused") {
  const std::string whole = "2026-01-02T04:42:43.125+01:00";
  REQUIRE(parse_rfc3339(whole).has_value());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    INFO(whole.substr(0, length));
    CHECK(parse_rfc3339(whole.substr(0, length)).has_error());
  }
}

TEST_CASE("a time is written in UTC with milliseconds") {
  CHECK(format_rfc3339(at(0)) == "1970-01-01T00:00:00.000Z");
  CHECK(format_rfc3339(at(1767328963, 7ms)) == "2026-01-02T04:42:43.007Z");
  CHECK(format_rfc3339(at(1767328963, 999999999ns)) == "2026-01-02T04:42:43.999Z");
}

TEST_CASE("every time that is written is read back, to the millisecond") {
  const auto seed = Catch::rngSeed();
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  for (int i = 0; i < 2000; ++i) {
    const WallTime time{std::chrono::milliseconds{static_cast<std::int64_t>(random() % 9'214'646'400'000U)}};
    INFO(format_rfc3339(time));
    const auto parsed = parse_rfc3339(format_rfc3339(time));
    REQUIRE(parsed.has_value());
    CHECK(*parsed == time);
  }
}
