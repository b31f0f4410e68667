#include "backend/http_retry_after.hpp"

#include <catch2/catch.hpp>

using namespace spoold;
using namespace std::chrono_literals;

namespace {

// 1994-11-06 08:49:37 UTC, the date that RFC 9110 writes in three ways.
const WallTime then{std::chrono::seconds{784'111'777}};

std::optional<std::chrono::nanoseconds> wait(std::string_view text, std::chrono::nanoseconds before = 5s) {
  return parse_retry_after(text, then - before, 1h);
}

}  // namespace

TEST_CASE("Retry-After is a number of seconds, up to the cap") {
  CHECK(wait("3") == 3s);
  CHECK(wait("0") == 0s);
  CHECK(wait("3599") == 3599s);
  CHECK(wait("86400") == 1h);
  CHECK(wait("99999999999999999999999999") == 1h);
}

TEST_CASE("Retry-After is a date in any of HTTP's three forms") {
  CHECK(wait("Sun, 06 Nov 1994 08:49:37 GMT") == 5s);
  CHECK(wait("Sunday, 06-Nov-94 08:49:37 GMT") == 5s);
  CHECK(wait("Sun Nov  6 08:49:37 1994") == 5s);
  CHECK(wait("Sun, 06 Nov 1994 08:49:37 GMT", 48h) == 1h);
  CHECK(wait("Fri, 31 Dec 9999 23:59:59 GMT") == 1h);
}

TEST_CASE("a Retry-After that is negative, past or garbage says nothing") {
  for (const char* text : {"", "-3", "+3", "3.5", "3s", " 3", "soon", "Sun, 06 Nov 1994", "\r\n",
                           "Sun, 06 Nov 1994 08:49:37 GMT x"}) {
    CAPTURE(text);
    CHECK_FALSE(wait(text));
  }
  CHECK_FALSE(wait("Sun, 06 Nov 1994 08:49:37 GMT", -1s));
  CHECK_FALSE(wait("Sun, 06 Nov 1994 08:49:37 GMT", 0s));
}
