#include "event/event.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "event/every_event.hpp"

using namespace spoold;
using namespace std::chrono_literals;
using spoold::test::an_entry;
using spoold::test::one_of_each_event;

TEST_CASE("each kind of event has a word of its own") {
  const std::vector<std::string_view> words{
      "started",         "recovered",      "completed",      "deferred",         "dead_lettered",
      "cancelled",       "released",       "condemned",      "lane_unavailable", "lane_available",
      "storage_trouble", "storage_mended", "watch_fallback", "rescanned",        "brought_forward",
      "lingering",       "not_told",       "stopping",       "stopped"};
  const std::vector<Event> events = one_of_each_event();
  REQUIRE(events.size() == std::variant_size_v<Event>);
  for (std::size_t i = 0; i < events.size(); ++i) {
    CHECK(events[i].index() == i);
    CHECK(kind(events[i]) == words[i]);
  }
}

TEST_CASE("what keeps the daemon from its work is an error, what needs somebody a warning, work is not") {
  CHECK(severity(event::StorageTrouble{}) == Severity::error);
  CHECK(severity(event::DeadLettered{}) == Severity::warning);
  CHECK(severity(event::Cancelled{}) == Severity::notice);
  CHECK(severity(event::Condemned{}) == Severity::warning);
  CHECK(severity(event::LaneUnavailable{}) == Severity::warning);
  CHECK(severity(event::Deferred{.entry = an_entry, .due = {}, .reason = {}}) == Severity::notice);
  CHECK(severity(event::Deferred{}) == Severity::info);
  CHECK(severity(event::Completed{}) == Severity::info);
  CHECK(severity(event::Recovered{}) == Severity::debug);
  CHECK(severity(event::Recovered{1, 0}) == Severity::notice);
  CHECK(severity(event::Recovered{0, 1}) == Severity::warning);
}

TEST_CASE("the fields of a single completed entry name it") {
  const EventFields expected{{"ENTRY_ID", "00001767328963000050"},
                             {"OPERATION", "update_checkpoint"},
                             {"LANE", "main"},
                             {"ATTEMPT", "2"},
                             {"OUTCOME", "done"},
                             {"COUNT", "1"},
                             {"DURATION_USEC", "12345"}};
  CHECK(fields(event::Completed{"main", 1, 12345us, an_entry}) == expected);
}

TEST_CASE("the fields of a completed batch name its lane and count, no entry") {
  const EventFields expected{{"LANE", "main"}, {"OUTCOME", "done"}, {"COUNT", "100"}, {"DURATION_USEC", "7"}};
  CHECK(fields(event::Completed{"main", 100, 7us, an_entry}) == expected);
}

TEST_CASE("an attempt that failed has an outcome, an entry that only waits has none") {
  const WallTime due{1767328963s};
  const EventFields retry = fields(event::Deferred{an_entry, due, "why"});
  CHECK(std::count(retry.begin(), retry.end(), EventFields::value_type{"OUTCOME", "retry"}) == 1);
  CHECK(std::count(retry.begin(), retry.end(), EventFields::value_type{"DUE", "2026-01-02T04:42:43.000Z"}) ==
        1);
  EntryRef waits = an_entry;
  waits.attempt = 0;
  for (const auto& [key, value] : fields(event::Deferred{waits, due, "why"})) {
    CHECK(key != "OUTCOME");
    CHECK(key != "ATTEMPT");
  }
  const EventFields reject = fields(event::DeadLettered{an_entry, "why"});
  CHECK(std::count(reject.begin(), reject.end(), EventFields::value_type{"OUTCOME", "failed"}) == 1);
  CHECK(std::count(reject.begin(), reject.end(), EventFields::value_type{"REASON", "why"}) == 1);
}

TEST_CASE("field names are such as the journal takes, each once") {
  for (const Event& event : one_of_each_event()) {
    std::set<std::string> names;
    for (const auto& [key, value] : fields(event)) {
      CHECK(key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string::npos);
      CHECK(names.insert(key).second);
    }
  }
}

TEST_CASE("bytes from outside are escaped in the fields") {
  const EventFields escaped = fields(event::Stopping{"a\nMESSAGE=b\xff"});
  CHECK(escaped == EventFields{{"REASON", "a\\x0AMESSAGE=b\\xFF"}});
}
