#include "backend/http_expectation.hpp"

#include <catch2/catch.hpp>

#include "support/print_result.hpp"

using namespace spoold;

namespace {

const Json answer = Json::parse(R"({"ok":true,"n":3,"list":[{"a/b":"x~y"}],"none":null,
  "message":{"content":"{\"text\":\"fine\",\"score\":7.5}","plain":"hello world"},"score":"8","word":"8 of 10"})");

std::string unmet(const HttpExpectation& wanted) {
  const auto made = HttpExpectations::parse({wanted});
  REQUIRE(made);
  return made->unmet(answer).value_or("");
}

Json score(const std::string& pointer) {
  const auto path = JsonPath::parse(pointer);
  REQUIRE(path);
  return score_of(answer, *path);
}

}  // namespace

TEST_CASE("a part of the answer can be asked to be there, or not to be") {
  CHECK(unmet({"/ok", true, {}, {}, {}}).empty());
  CHECK(unmet({"/none", true, {}, {}, {}}).empty());
  CHECK(unmet({"/list/0/a~1b", true, {}, {}, {}}).empty());
  CHECK(unmet({"/error", true, {}, {}, {}}) == "the answer's /error is missing");
  CHECK(unmet({"/list/1", true, {}, {}, {}}) == "the answer's /list/1 is missing");
  CHECK(unmet({"/list/00", true, {}, {}, {}}) == "the answer's /list/00 is missing");
  CHECK(unmet({"/error", false, {}, {}, {}}).empty());
  CHECK(unmet({"/n", false, {}, {}, {}}) == "the answer's /n is there: \"3\"");
}

TEST_CASE("a part can be asked to equal a value of JSON") {
  CHECK(unmet({"/n", true, Json(3), {}, {}}).empty());
  CHECK(unmet({"/n", true, Json(3.0), {}, {}}).empty());
  CHECK(unmet({"/ok", true, Json(true), {}, {}}).empty());
  CHECK(unmet({"/n", true, Json("3"), {}, {}}) == "the answer's /n is \"3\"; expected \"3\"");
  CHECK(unmet({"", true, Json(1), {}, {}}).starts_with("the answer's whole is"));
}

TEST_CASE("a text can be asked to match, and a number to be large enough") {
  CHECK(unmet({"/message/plain", true, {}, "^hello", {}}).empty());
  CHECK(unmet({"/message/plain", true, {}, "^world", {}}) ==
        "the answer's /message/plain is \"hello world\"; expected ^world");
  CHECK(unmet({"/n", true, {}, "3", {}}).starts_with("the answer's /n is"));
  CHECK(unmet({"/n", true, {}, {}, 3}).empty());
  CHECK(unmet({"/n", true, {}, {}, 3.5}) == "the answer's /n is \"3\"; expected a number of 3.5 or more");
  CHECK(unmet({"/ok", true, {}, {}, 0}).find("expected a number") != std::string::npos);
}

TEST_CASE("a pointer goes on inside a text that holds JSON") {
  CHECK(unmet({"/message/content/text", true, Json("fine"), {}, {}}).empty());
  CHECK(unmet({"/message/content/score", true, {}, {}, 7}).empty());
  CHECK(unmet({"/message/plain/text", true, {}, {}, {}}) == "the answer's /message/plain/text is missing");
}

TEST_CASE("every member of an expectation and every expectation counts") {
  const auto made = HttpExpectations::parse({{"/ok", true, {}, {}, {}}, {"/n", true, Json(3), {}, 9}});
  REQUIRE(made);
  CHECK(made->unmet(answer));
}

TEST_CASE("a pattern that would search for ever is given up, and does not match") {
  const auto made = HttpExpectations::parse({{"", true, {}, "(a+)+(b+)+(a+)+$", {}}});
  REQUIRE(made);
  CHECK(made->unmet(Json(std::string(50'000, 'a') + "c")));
}

TEST_CASE("wrong pointers and patterns are refused") {
  CHECK_FALSE(JsonPath::parse("a"));
  CHECK_FALSE(JsonPath::parse("/a~2"));
  CHECK_FALSE(JsonPath::parse("/a~"));
  CHECK_FALSE(HttpExpectations::parse({{"/a", true, {}, "(", {}}}));
}

TEST_CASE("a score is a number, or a text that is one, or null") {
  CHECK(score("/n") == 3);
  CHECK(score("/message/content/score") == 7.5);
  CHECK(score("/score") == 8);
  CHECK(score("/word").is_null());
  CHECK(score("/ok").is_null());
  CHECK(score("/nothing").is_null());
}
