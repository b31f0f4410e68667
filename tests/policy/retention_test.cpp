#include "policy/retention.hpp"

#include <catch2/catch.hpp>

using namespace spoold;
using namespace std::chrono_literals;

namespace {
const WallTime start{std::chrono::hours{24 * 365 * 50}};
}

TEST_CASE("what is older than the age goes, and what is exactly as old stays") {
  const KeepOptions options{.age = 24h};
  CHECK(goes(options, {1, 1}, start - 24h - 1ns, start));
  CHECK_FALSE(goes(options, {1, 1}, start - 24h, start));
}

TEST_CASE("nothing goes by an age of zero, nor by a clock that is not trusted") {
  CHECK_FALSE(goes({.age = 0s}, {1, 1}, start - 1000h, start));
  CHECK_FALSE(goes({.age = 24h}, {1, 1}, start - 1000h, std::nullopt));
}

TEST_CASE("what was settled in the future of a clock set back stays") {
  CHECK_FALSE(goes({.age = 24h}, {1, 1}, start + 1000h, start));
}

TEST_CASE("the oldest go while there are more, or more bytes, than are kept, whatever the clock says") {
  CHECK(goes({.count = 10}, {11, 0}, start, std::nullopt));
  CHECK_FALSE(goes({.count = 10}, {10, 0}, start, std::nullopt));
  CHECK(goes({.bytes = 1000}, {1, 1001}, start, std::nullopt));
  CHECK_FALSE(goes({.bytes = 1000}, {500, 1000}, start, std::nullopt));
}

TEST_CASE("one reading of the clock proves nothing") {
  CHECK_FALSE(is_trusted(read_clock(std::nullopt, start)));
}

TEST_CASE("a second reading, far enough from the first, proves the clock") {
  const auto first = read_clock(std::nullopt, start);
  CHECK_FALSE(is_trusted(read_clock(first, start + clock_proof - 1s)));
  CHECK(is_trusted(read_clock(first, start + clock_proof)));
  CHECK(is_trusted(read_clock(read_clock(first, start + 25h), start + 50h)));
}

TEST_CASE("a clock that jumped ahead or back has to prove itself anew") {
  const auto steady = read_clock(read_clock(std::nullopt, start), start + 1h);
  REQUIRE(is_trusted(steady));
  const auto ahead = read_clock(steady, start + 24h * 365);
  CHECK_FALSE(is_trusted(ahead));
  CHECK(is_trusted(read_clock(ahead, start + 24h * 365 + 1h)));
  const auto back = read_clock(ahead, start + 2h);
  CHECK_FALSE(is_trusted(back));
  CHECK(is_trusted(read_clock(back, start + 3h)));
}
