#include "backend/command_output.hpp"

#include <catch2/catch.hpp>

#include "entry/utf8.hpp"

using namespace spoold;

namespace {

CommandOutput output_of(std::string_view text, std::uint64_t bytes_max = 1000) {
  CommandOutput output{bytes_max};
  output.add(text);
  return output;
}

}  // namespace

TEST_CASE("output up to the limit is kept as it is, however it comes") {
  const std::string text = "0123456789";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    CommandOutput output{10};
    for (std::size_t i = 0; i < text.size(); i += piece) output.add(text.substr(i, piece));
    CHECK(output.text() == text);
    CHECK_FALSE(output.truncated());
  }
}

TEST_CASE("beyond the limit the first and the last half are kept, with a note between") {
  for (const std::size_t piece : {1U, 3U, 7U, 100U}) {
    CommandOutput output{10};
    std::string text = "begin";
    text += std::string(80, '.') + "end!!";
    for (std::size_t i = 0; i < text.size(); i += piece) output.add(text.substr(i, piece));
    CHECK(output.text() == "begin\n[80 bytes left out]\nend!!");
    CHECK(output.truncated());
    CHECK(output.bytes_total() == 90);
  }
}

TEST_CASE("with a limit of nothing only the count is kept") {
  const CommandOutput output = output_of("some text", 0);
  CHECK(output.text() == "\n[9 bytes left out]\n");
}

TEST_CASE("a character cut by the limit is left out whole") {
  for (std::uint64_t limit = 8; limit < 16; ++limit) {
    CommandOutput output{limit};
    for (int i = 0; i < 20; ++i) output.add("\xe2\x82\xac");  // the euro sign
    CAPTURE(limit);
    CHECK(find_invalid_utf8(output.text()) == std::string::npos);
  }
}

TEST_CASE("the last lines are the last three that are not blank, fit for a log") {
  CHECK(output_of("").last_lines().empty());
  CHECK(output_of("\n\n  \n").last_lines().empty());
  CHECK(output_of("one").last_lines() == "one");
  CHECK(output_of("one\n\ntwo\r\n\n").last_lines() == "one / two");
  CHECK(output_of("1\n2\n3\n4\n").last_lines() == "2 / 3 / 4");
  CHECK(output_of("a\x1b[31mb\n").last_lines() == "a\\x1B[31mb");
  CHECK(output_of(std::string(5000, 'x'), 10'000).last_lines() == std::string(300, 'x'));
}

TEST_CASE("a receipt has text as text, and other bytes in base64") {
  Json receipt = Json::object();
  add_output(receipt, "stdout", output_of("gr\xc3\xbc\xc3\x9f"));
  add_output(receipt, "stderr", output_of("\xff\xfe\x01"));
  CHECK(receipt.dump() == R"({"stdout":"grüß","stderr":"//4B","stderr_encoding":"base64"})");
}

TEST_CASE("a receipt says what was left out") {
  Json receipt = Json::object();
  add_output(receipt, "stdout", output_of("abcdefgh", 4));
  add_output(receipt, "stderr", output_of(""));
  CHECK(receipt.dump() ==
        R"({"stdout":"ab\n[4 bytes left out]\ngh","stdout_truncated":true,"stdout_bytes":8})");
}
