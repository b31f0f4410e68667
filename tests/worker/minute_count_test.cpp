#include "worker/minute_count.hpp"

#include <catch2/catch.hpp>

using namespace spoold;
using std::chrono::seconds;

namespace {
MonotonicTime at(std::int64_t second) {
  return MonotonicTime{seconds{second}};
}
}  // namespace

TEST_CASE("what happened within the last minute is counted, and nothing before it") {
  MinuteCount count;
  CHECK(count.sum(at(1000)) == 0);
  count.add(5, at(1000));
  count.add(2, at(1000));
  count.add(1, at(1059));
  CHECK(count.sum(at(1059)) == 8);
  CHECK(count.sum(at(1060)) == 1);
  CHECK(count.sum(at(1118)) == 1);
  CHECK(count.sum(at(1119)) == 0);
}

TEST_CASE("after a long silence nothing of before is counted") {
  MinuteCount count;
  for (int second = 0; second < 200; ++second) count.add(1, at(second));
  CHECK(count.sum(at(199)) == 60);
  count.add(3, at(100'000));
  CHECK(count.sum(at(100'000)) == 3);
}
