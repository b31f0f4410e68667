#include "entry/outcome.hpp"

#include <catch2/catch.hpp>

using namespace spoold;

TEST_CASE("each outcome has its word") {
  CHECK(to_string(Done{}) == "done");
  CHECK(to_string(Retry{"busy", std::nullopt}) == "retry");
  CHECK(to_string(Reject{"syntax"}) == "reject");
  CHECK(to_string(Unavailable{"down", std::nullopt}) == "unavailable");
  CHECK(to_string(Interrupted{"stop"}) == "interrupted");
}
