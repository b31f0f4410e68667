#include "systemd/journal_fields.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "event/every_event.hpp"

using namespace spoold;
using spoold::test::one_of_each_event;

TEST_CASE("each kind of event has a MESSAGE_ID of its own, of 32 hexadecimal digits") {
  std::set<std::string_view> ids;
  for (const Event& event : one_of_each_event()) {
    const std::string_view id = message_id(event);
    CHECK(id.size() == 32);
    CHECK(id.find_first_not_of("0123456789abcdef") == std::string_view::npos);
    CHECK(ids.insert(id).second);
  }
}

TEST_CASE("an event's journal entry has the line, its priority, its kind and its fields") {
  const std::vector<std::string> expected{
      "MESSAGE=lane main is unavailable: database is locked; its entries wait, no attempt is counted; next "
      "try "
      "in 2s",
      "PRIORITY=4",
      "SYSLOG_IDENTIFIER=spoold",
      "EVENT=lane_unavailable",
      "MESSAGE_ID=53eebf2e3a8449ffac1026d86cc25c6d",
      "LANE=main",
      "OUTCOME=unavailable",
      "REASON=database is locked"};
  CHECK(journal_fields(event::LaneUnavailable{"main", "database is locked", std::chrono::seconds{2}}) ==
        expected);
}

TEST_CASE("a line that is no event has no kind") {
  const std::vector<std::string> expected{"MESSAGE=two\nlines", "PRIORITY=3", "SYSLOG_IDENTIFIER=spoold"};
  CHECK(journal_fields(Severity::error, "two\nlines") == expected);
}

TEST_CASE("severities are syslog's priorities") {
  CHECK(journal_fields(Severity::warning, "")[1] == "PRIORITY=4");
  CHECK(journal_fields(Severity::notice, "")[1] == "PRIORITY=5");
  CHECK(journal_fields(Severity::info, "")[1] == "PRIORITY=6");
  CHECK(journal_fields(Severity::debug, "")[1] == "PRIORITY=7");
}
