#include "event/event_digest.hpp"

#include <catch2/catch.hpp>

#include "event/every_event.hpp"

using namespace spoold;
using namespace std::chrono_literals;
using spoold::test::an_entry;

namespace {

const MonotonicTime start{1h};
const Event failed = event::DeadLettered{an_entry, "no such table"};

Event completed(const std::string& lane, std::uint64_t count) {
  return event::Completed{lane, count, 2ms, an_entry};
}

}  // namespace

TEST_CASE("a flood is told line by line to a limit, and then as time allows") {
  EventDigest digest{{.lines_max = 3, .lines_per_second = 2}};
  for (int i = 0; i < 3; ++i) CHECK(digest.admit(failed, start));
  CHECK_FALSE(digest.admit(failed, start));
  CHECK(digest.admit(failed, start + 500ms));
  CHECK_FALSE(digest.admit(failed, start + 500ms));
  for (int i = 0; i < 3; ++i) CHECK(digest.admit(failed, start + 1h));
  CHECK_FALSE(digest.admit(failed, start + 1h));
}

TEST_CASE("what was not told is summed, so that every entry is counted") {
  EventDigest digest{{.lines_max = 0, .lines_per_second = 0}};
  CHECK(digest.take_sums().empty());
  for (int i = 0; i < 3; ++i) CHECK_FALSE(digest.admit(completed("main", 100), start));
  CHECK_FALSE(digest.admit(completed("other", 1), start));
  for (int i = 0; i < 5; ++i) CHECK_FALSE(digest.admit(failed, start));
  const std::vector<Event> sums = digest.take_sums();
  REQUIRE(sums.size() == 3);
  CHECK(std::get<event::Completed>(sums[0]).count == 300);
  CHECK(std::get<event::Completed>(sums[0]).duration == 6ms);
  CHECK(std::get<event::Completed>(sums[1]).first.id == an_entry.id);
  CHECK(std::get<event::NotTold>(sums[2]).kind == "dead_lettered");
  CHECK(std::get<event::NotTold>(sums[2]).count == 5);
  CHECK(digest.take_sums().empty());
}

TEST_CASE("what is not about an entry is always told") {
  EventDigest digest{{.lines_max = 0, .lines_per_second = 0}};
  CHECK(digest.admit(event::LaneUnavailable{"main", "locked", 2s}, start));
  CHECK(digest.admit(event::StorageTrouble{"full", 2s}, start));
  CHECK(digest.admit(event::Stopped{"idle", 1, 0}, start));
}
