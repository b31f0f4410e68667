#include "backend/http_verdict.hpp"

#include <catch2/catch.hpp>

using namespace spoold;
using namespace std::chrono_literals;

namespace {

const WallTime now{1'767'328'963s};

HttpResponse response(unsigned status, const std::string& retry_after = "") {
  HttpResponse made;
  made.status = status;
  made.retry_after = retry_after;
  return made;
}

std::string word(unsigned status, const HttpOptions& options = {}) {
  const auto outcome = judge(response(status), options, now);
  return outcome ? std::string{to_string(*outcome)} : "done";
}

template <class Kind>
Kind judged(const HttpResponse& response, const HttpOptions& options = {}) {
  const auto outcome = judge(response, options, now);
  REQUIRE(outcome);
  REQUIRE(std::holds_alternative<Kind>(*outcome));
  return std::get<Kind>(*outcome);
}

}  // namespace

TEST_CASE("429 and 503 with Retry-After hold for the whole backend") {
  CHECK(judged<Unavailable>(response(429, "3")).until == now + 3s);
  CHECK(judged<Unavailable>(response(503, "3")).until == now + 3s);
  CHECK_FALSE(judged<Retry>(response(429)).not_before);
  CHECK_FALSE(judged<Unavailable>(response(503)).until);
  CHECK_FALSE(judged<Retry>(response(429, "-3")).not_before);
  CHECK(judged<Unavailable>(response(503, "999999")).until == now + 1h);
}

TEST_CASE("Retry-After beside another retry is for that entry") {
  CHECK(judged<Retry>(response(500, "3")).not_before == now + 3s);
}

TEST_CASE("410 rejects and asks the lane to pause") {
  CHECK(judged<Reject>(response(410)).pause_lane);
  CHECK_FALSE(judged<Reject>(response(404)).pause_lane);
}

TEST_CASE("the table of statuses can be changed") {
  HttpOptions options;
  options.statuses = {
      {404, HttpVerdict::retry},       {204, HttpVerdict::reject},           {409, HttpVerdict::done},
      {500, HttpVerdict::unavailable}, {418, HttpVerdict::reject_and_pause}, {429, HttpVerdict::retry}};
  CHECK(word(404, options) == "retry");
  CHECK(word(204, options) == "reject");
  CHECK(word(409, options) == "done");
  CHECK(word(500, options) == "unavailable");
  CHECK(judged<Reject>(response(418), options).pause_lane);
  CHECK(judged<Retry>(response(429, "3"), options).not_before == now + 3s);
}

TEST_CASE("a redirect is rejected with the place it leads to") {
  HttpResponse redirect = response(301);
  redirect.location = "https://new.example/\r\n";
  CHECK(judged<Reject>(redirect).reason ==
        "HTTP 301: a redirect to \"https://new.example/\\x0D\\x0A\", which is not followed; set the url to "
        "where it "
        "leads");
}

TEST_CASE("a reason shows the status and the beginning of the body, fit for a terminal") {
  HttpResponse refused = response(422);
  refused.phrase = "Unprocessable\x1B[31m";
  refused.body = "{\"error\":\"no such user\"}";
  CHECK(judged<Reject>(refused).reason ==
        "HTTP 422 Unprocessable\\x1B[31m: \"{\"error\":\"no such user\"}\"");
}

TEST_CASE("an answer that broke off is done by nobody's account") {
  HttpResponse broken = response(200);
  broken.end = HttpResponse::End::broken;
  broken.trouble = "the connection was closed in the middle of it";
  CHECK(judged<Retry>(broken).reason == "HTTP 200 broke off: the connection was closed in the middle of it");
  broken.status = 404;
  CHECK(judged<Reject>(broken).reason == "HTTP 404");
}

TEST_CASE("where the entry chose the host, no trouble is held against the lane") {
  const Outcome retry = for_this_entry_alone(Unavailable{"down", now});
  CHECK(std::get<Retry>(retry).not_before == now);
  CHECK_FALSE(std::get<Reject>(for_this_entry_alone(Reject{"gone", true})).pause_lane);
  CHECK(std::holds_alternative<Interrupted>(for_this_entry_alone(Interrupted{"stop"})));
}
