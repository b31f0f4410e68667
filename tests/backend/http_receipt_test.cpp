#include "backend/http_receipt.hpp"

#include <catch2/catch.hpp>

#include "support/print_result.hpp"

using namespace spoold;
using namespace std::chrono_literals;

namespace {

Json receipt(const std::string& body, const std::string& type, std::uint64_t bytes_max = 1000) {
  HttpResponse response;
  response.status = 200;
  response.content_type = type;
  response.body = body;
  response.length = body.size();
  return http_receipt(response, WallTime{1'767'328'963s}, 1'234'567us, bytes_max);
}

}  // namespace

TEST_CASE("a receipt says when, how long, and what was answered") {
  CHECK(receipt(R"({"a":1})", "application/json") == Json::parse(R"({"status":"done",
      "finished_at":"2026-01-02T04:42:43.000Z","duration_ms":1234,"http_status":200,
      "headers":{"content-type":"application/json"},"body":{"a":1},"body_truncated":false})"));
}

TEST_CASE("a body is JSON where it is said to be, and is") {
  CHECK(receipt("[1]", "application/problem+json; charset=utf-8")["body"] == Json::parse("[1]"));
  CHECK(receipt("[1]", "")["body"] == Json::parse("[1]"));
  CHECK(receipt("[1]", "text/plain")["body"] == "[1]");
  CHECK(receipt("[1", "application/json")["body"] == "[1");
  CHECK(receipt("", "application/json")["body"] == "");
}

TEST_CASE("a body that is cut is a text, to the last whole character") {
  const Json cut = receipt("{\"a\":\"\xC3\xA9\"}", "application/json", 7);
  CHECK(cut["body"] == "{\"a\":\"");
  CHECK(cut["body_truncated"] == true);
  CHECK_FALSE(cut.contains("body_encoding"));
}

TEST_CASE("bytes that are no UTF-8 are base64, and it says so") {
  const Json bytes = receipt(std::string("\x00\xFF\xFE\x01\x02", 5), "application/octet-stream");
  CHECK(bytes["body"] == "AP/+AQI=");
  CHECK(bytes["body_encoding"] == "base64");
  CHECK(bytes["body_truncated"] == false);
}

TEST_CASE("a body so deep that the entry could not be read again is kept as a text") {
  const std::string deep = std::string(62, '[') + std::string(62, ']');
  const Json kept = receipt(deep, "application/json");
  CHECK(kept["body"] == deep);
  const std::string flat = std::string(60, '[') + std::string(60, ']');
  Json entry{{"result", receipt(flat, "application/json")}};
  CHECK(entry["result"]["body"].is_array());
  CHECK(parse_json(entry.dump()));
}

TEST_CASE("a Content-Type that is no UTF-8 does not spoil the receipt") {
  CHECK(receipt("x", "text/\xFF")["headers"]["content-type"] == "");
}
