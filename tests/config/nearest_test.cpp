#include "config/nearest.hpp"

#include <catch2/catch.hpp>

using namespace spoold;

TEST_CASE("a word with two letters wrong is recognised, with three it is not") {
  const std::vector<std::string> known{"idle_exit", "watch", "poll_interval"};
  CHECK(nearest("idle_exti", known) == "idle_exit");
  CHECK(nearest("idel_exti", known) == "idle_exit");
  CHECK(nearest("wtch", known) == "watch");
  CHECK(nearest("poll-interval", known) == "poll_interval");
  CHECK(nearest("idxx_exix", known) == std::nullopt);
}

TEST_CASE("the nearest of several candidates is chosen") {
  CHECK(nearest("min", {"max", "mine", "men"}) == "mine");
  CHECK(nearest("initail", {"initials", "initial"}) == "initial");
}

TEST_CASE("a short word is not taken for another short word") {
  CHECK(nearest("a", {"b"}) == std::nullopt);
  CHECK(nearest("abc", {"xyc"}) == std::nullopt);
  CHECK(nearest("", {"a"}) == std::nullopt);
}

TEST_CASE("a part of a word is recognised if only one word has it") {
  CHECK(nearest("retries", {"max_retries", "initial"}) == "max_retries");
  CHECK(nearest("timeout", {"busy_timeout", "statement_timeout"}) == std::nullopt);
}

TEST_CASE("a very long word is near to nothing") {
  CHECK(nearest(std::string(100'000, 'x'), {"xxxx"}) == std::nullopt);
}

TEST_CASE("a long value is cut in a message") {
  CHECK(in_quotes("") == "''");
  CHECK(in_quotes(std::string(80, 'x')) == "'" + std::string(80, 'x') + "'");
  CHECK(in_quotes(std::string(81, 'x')) == "'" + std::string(80, 'x') + "...'");
}

TEST_CASE("words are joined as in a sentence") {
  CHECK(any_of({}).empty());
  CHECK(any_of({"a"}) == "a");
  CHECK(any_of({"a", "b"}) == "a or b");
  CHECK(any_of({"a", "b", "c"}) == "a, b or c");
}
