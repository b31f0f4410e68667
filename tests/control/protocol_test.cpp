#include "control/protocol.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "support/print_result.hpp"

using namespace spoold;
using Catch::Matchers::Contains;

namespace {

std::string refusal(const std::string& line) {
  const auto request = parse_control_request(line);
  REQUIRE_FALSE(request);
  return request.error().message();
}

const std::vector<ControlRequest> one_of_each{control::Status{}, control::Cancel{42, "ada \"x\"\n"},
                                              control::RereadPauses{}, control::Explain{7}};

}  // namespace

TEST_CASE("every request reads as it was written, in one line") {
  for (const ControlRequest& request : one_of_each) {
    const std::string line = format_control_request(request);
    CHECK(line.find('\n') == line.size() - 1);
    const auto read = parse_control_request(line.substr(0, line.size() - 1));
    REQUIRE(read);
    CHECK(*read == request);
  }
}

TEST_CASE("what is no request is refused with what is wrong and what would be right") {
  CHECK_THAT(refusal(""), Contains("byte 0"));
  CHECK_THAT(refusal("{"), Contains("byte 1"));
  CHECK_THAT(refusal("[1]"), Contains("must be an object, as {\"request\":\"status\"}"));
  CHECK_THAT(refusal("{}"), Contains("\"request\" is missing"));
  CHECK_THAT(refusal(R"({"request":1})"), Contains("\"request\" must be a string"));
  CHECK_THAT(refusal(R"({"request":"stat\u001bus"})"),
             Contains("no request 'stat\\x1Bus'") && Contains("status, cancel, pauses and explain"));
  CHECK_THAT(refusal(R"({"request":"status","id":"1"})"), Contains("does not take"));
  CHECK_THAT(refusal(R"({"request":"cancel","id":"1"})"), Contains("\"by\" is missing"));
  CHECK_THAT(refusal(R"({"request":"cancel","by":"ada"})"), Contains("\"id\" is missing"));
  CHECK_THAT(refusal(R"({"request":"explain","id":"-1"})"), Contains("digits of an entry's id"));
  CHECK_THAT(refusal(R"({"request":"explain","id":1})"), Contains("\"id\" must be a string"));
  CHECK_THAT(refusal(R"({"request":"explain","id":"1","id":"2"})"), Contains("byte"));
  CHECK_THAT(refusal(R"({"request":"cancel","id":"1","by":")" + std::string(201, 'x') + "\"}"),
             Contains("200 bytes at most"));
}

TEST_CASE("a request over its size is refused unread") {
  const auto request = parse_control_request(std::string(control_request_bytes_max + 1, ' '));
  REQUIRE_FALSE(request);
  CHECK(request.error().kind == ErrorKind::too_large);
}

TEST_CASE("every request cut or changed at any byte is taken or refused, and nothing worse") {
  std::mt19937 random{20260102};  // NOLINT(*-msc51-cpp): the same run each time
  for (const ControlRequest& request : one_of_each) {
    const std::string line = format_control_request(request);
    for (std::size_t at = 0; at < line.size(); ++at) {
      static_cast<void>(parse_control_request(line.substr(0, at)));
      for (int round = 0; round < 20; ++round) {
        std::string changed = line;
        changed[at] = static_cast<char>(random());
        const auto read = parse_control_request(changed);
        if (!read) CHECK_FALSE(read.error().message().empty());
      }
    }
  }
}

TEST_CASE("an answer reads as its members, a refusal as its error") {
  const auto answer = parse_control_answer(format_control_answer(Json{{"pid", 42}}));
  REQUIRE(answer);
  CHECK(*answer == Json{{"pid", 42}});
  const auto refused =
      parse_control_answer(format_control_refusal(Error{ErrorKind::not_found, "it is not running"}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::not_found);
  CHECK(refused.error().message() == "it is not running");
}

TEST_CASE("what is no answer is told so") {
  for (const char* line : {"", "[]", "{}", R"({"ok":1})", "\xff"}) {
    const auto answer = parse_control_answer(line);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().kind == ErrorKind::invalid);
  }
}
