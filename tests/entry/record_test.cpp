#include <catch2/catch.hpp>
#include <string>

#include "entry/entry_format.hpp"

using namespace spoold;

namespace {

Entry entry_of(std::string_view text) {
  auto entry = parse_entry(text);
  REQUIRE(entry.has_value());
  return std::move(*entry);
}

AttemptRecord attempt(std::uint32_t number, std::string outcome, std::string reason) {
  const WallTime finished_at{std::chrono::seconds{1767328963} + std::chrono::milliseconds{250}};
  return AttemptRecord{number, finished_at, std::move(outcome), std::move(reason)};
}

}  // namespace

TEST_CASE("an attempt's end is kept in the entry") {
  Entry entry = entry_of(R"({"operation":"o","retries":0,"x":1})");
  record_attempt(entry, attempt(1, "retry", "no answer"));
  CHECK(format_entry(entry) ==
        R"({"operation":"o","retries":0,"x":1,"last_error":"no answer","attempts":[{"attempt":1,)"
        R"("finished_at":"2026-01-02T04:42:43.250Z","outcome":"retry","reason":"no answer"}]})"
        "\n");
  record_attempt(entry, attempt(2, "reject", "gone"));
  CHECK(entry.document["retries"] == 1);
  CHECK(entry.document["last_error"] == "gone");
  CHECK(entry.document["attempts"].size() == 2);
  CHECK(entry.document["attempts"][1]["attempt"] == 2);
}

TEST_CASE(
    "an entry that is tried again counts that in its retries, so that a completed one that is only moved has "
    "them all") {
  Entry entry = entry_of(R"({"operation":"o"})");
  AttemptRecord first = attempt(1, "retry", "busy");
  first.again = true;
  record_attempt(entry, first);
  CHECK(entry.document["retries"] == 1);
}

TEST_CASE("an entry that never ran has no negative retries") {
  Entry entry = entry_of(R"({"operation":"o"})");
  record_attempt(entry, attempt(0, "expired", "past its expires_at"));
  CHECK(entry.document["retries"] == 0);
}

TEST_CASE("a good end keeps the last error that there was") {
  Entry entry = entry_of(R"({"operation":"o"})");
  record_attempt(entry, attempt(1, "retry", "busy"));
  record_attempt(entry, attempt(2, "done", ""));
  CHECK(entry.document["last_error"] == "busy");
  CHECK(entry.document["attempts"][1]["reason"] == "");
}

TEST_CASE("only the latest attempts are kept") {
  Entry entry = entry_of(R"({"operation":"o","attempts":["what a stranger wrote"]})");
  for (std::uint32_t i = 1; i <= 50; ++i) record_attempt(entry, attempt(i, "retry", "busy"));
  const Json& attempts = entry.document["attempts"];
  REQUIRE(attempts.size() == attempt_records_max);
  CHECK(attempts.front()["attempt"] == 51 - attempt_records_max);
  CHECK(attempts.back()["attempt"] == 50);
  CHECK(entry.document["retries"] == 49);
}

TEST_CASE("attempts that are no array are replaced") {
  for (const char* other : {"{}", "7", "\"x\"", "null", "true"}) {
    INFO(other);
    Entry entry = entry_of(R"({"operation":"o","attempts":)" + std::string(other) + "}");
    record_attempt(entry, attempt(1, "retry", "busy"));
    REQUIRE(entry.document["attempts"].is_array());
    CHECK(entry.document["attempts"].size() == 1);
  }
}

TEST_CASE("an entry with an attempt of any reason is written and read again") {
  for (const std::string& reason :
       {std::string("caf\xE9"), std::string("\xF0\x9F"), std::string("a\0b", 3), std::string("\x1B\n"),
        std::string(1'000'000, 'x'), std::string(reason_bytes_max - 1, 'x') + "\xC3\xA4"}) {
    Entry entry = entry_of(R"({"operation":"o"})");
    record_attempt(entry, attempt(1, "retry", reason));
    const std::string text = format_entry(entry);
    CHECK(text.size() < 2 * reason_bytes_max + 500);
    const auto again = parse_entry(text);
    REQUIRE(again.has_value());
    CHECK(again->document["attempts"].size() == 1);
  }
}

TEST_CASE("a receipt is written into the entry, in place of an older one") {
  Entry entry = entry_of(R"({"operation":"o","result":"old","x":1})");
  record_receipt(entry, Json{{"status", "done"}, {"output", "caf\xE9"}}, 3);
  const auto again = parse_entry(format_entry(entry));
  REQUIRE(again.has_value());
  CHECK(again->field("result")["status"] == "done");
  CHECK(again->field("result")["output"] == "caf\xEF\xBF\xBD");
  CHECK(again->field("x") == 1);
  CHECK(again->field("retries") == 2);
}
