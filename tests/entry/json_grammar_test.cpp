#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "entry/json.hpp"

// The grammar of RFC 8259, rule by rule: what must be read, as what, and what must be refused, at which byte.
// The byte is the one at which the text cannot go on; the length of the text where it only ends too early. A
// word that is none of the place's, and a number, name or level that is too much, is refused where it begins.

using namespace spoold;
using namespace std::string_literals;

namespace {

struct Read {
  std::string text;
  Json value;
};

struct Refused {
  std::string text;
  std::size_t offset;
};

std::string shown(const std::string& text) {
  return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 100);
}

void must_read(const std::vector<Read>& table) {
  for (const Read& row : table) {
    INFO(shown(row.text));
    const auto parsed = parse_json(row.text);
    REQUIRE(parsed.has_value());
    CHECK(*parsed == row.value);
    CHECK(parsed->is_number_float() == row.value.is_number_float());
  }
}

void check_refused_at(const std::string& text, std::size_t offset) {
  INFO(shown(text));
  const auto parsed = parse_json(text);
  REQUIRE(parsed.has_error());
  CHECK(parsed.error().kind == ErrorKind::invalid);
  CHECK_THAT(parsed.error().context, Catch::StartsWith("byte " + std::to_string(offset) + ": "));
}

void must_refuse(const std::vector<Refused>& table) {
  for (const Refused& row : table) check_refused_at(row.text, row.offset);
}

// Each also within an array, as a member's value and behind a string that ends in an escape.
void must_refuse_anywhere(const std::vector<Refused>& table) {
  for (const Refused& row : table) {
    check_refused_at(row.text, row.offset);
    for (const std::string& before : {"["s, "[0,"s, "{\"name\":"s, " \n"s, "[\"\\\"\", "s})
      check_refused_at(before + row.text, before.size() + row.offset);
  }
}

std::string times(std::size_t count, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("RFC 8259, 2: white space is four characters, around every token") {
  must_read({{" 1 ", 1},
             {"\t1\t", 1},
             {"\n1\n", 1},
             {"\r1\r", 1},
             {" \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] \t\r\n", {1, 2}},
             {"{ \"a\" \t: \r\n 1 , \"b\"\n:\n{ } }", {{"a", 1}, {"b", Json::object()}}}});
  for (const std::string& space :
       {"\v"s, "\f"s, "\b"s, "\x1F"s, "\x7F"s, "\xA0"s, "\xC2\xA0"s, "\xC2\x85"s, "\xE2\x80\x8B"s,
        "\xE2\x80\xA8"s, "\xE3\x80\x80"s, "\\n"s, "\\u0020"s, "/**/"s, "//\n"s, "#\n"s}) {
    must_refuse({{space + "1", 0},
                 {"1" + space, 1},
                 {"[" + space + "1]", 1},
                 {"[1" + space + "]", 2},
                 {"[1," + space + "2]", 3}});
    must_refuse(
        {{"{" + space + "\"a\":1}", 1}, {"{\"a\"" + space + ":1}", 4}, {"{\"a\":" + space + "1}", 5}});
  }
}

TEST_CASE("RFC 8259, 2: one value, of whatever kind, and nothing else") {
  must_read({{"null", nullptr},
             {"true", true},
             {"false", false},
             {"0", 0},
             {"\"\"", ""},
             {"[]", Json::array()},
             {"{}", Json::object()}});
  must_refuse({{"", 0}, {" ", 1}, {"\n\n\n", 3}});
  for (const std::string& value :
       {"null"s, "true"s, "0"s, "12"s, "-1.5e3"s, "\"a\""s, "\"\\\"\""s, "[]"s, "{}"s, "[[1]]"s}) {
    const std::size_t end = value.size();
    must_refuse({{value + " null", end + 1},
                 {value + " true", end + 1},
                 {value + " 12", end + 1},
                 {value + " \"more\"", end + 1},
                 {value + " \"m\\\\\\\"re\"", end + 1},
                 {value + " [", end + 1},
                 {value + " {}", end + 1},
                 {value + "]", end},
                 {value + "}", end},
                 {value + ",", end},
                 {value + ":", end},
                 {value + ";", end},
                 {value + "\0"s, end},
                 {value + " \0 "s, end + 1},
                 {value + "\n\0"s + value, end + 1},
                 {value + "\xEF\xBB\xBF", end}});
  }
}

TEST_CASE("RFC 8259, 3: three literals, in lower case") {
  must_read({{"[null,true,false]", {nullptr, true, false}}});
  must_refuse_anywhere({{"Null", 0},  {"NULL", 0}, {"nULL", 1},     {"nulL", 3},      {"True", 0},
                        {"TRUE", 0},  {"tRUE", 1}, {"truE", 3},     {"False", 0},     {"fALSE", 1},
                        {"falsE", 4}, {"nil", 1},  {"none", 1},     {"undefined", 0}, {"yes", 0},
                        {"NaN", 0},   {"nan", 1},  {"Infinity", 0}, {"inf", 0},       {"nul", 3},
                        {"tru", 3},   {"fals", 4}, {"nu ll", 2},    {"t", 1}});
  must_refuse({{"nulll", 4},
               {"truefalse", 4},
               {"true false", 5},
               {"null1", 4},
               {"[nullnull]", 5},
               {"[true true]", 6},
               {"{null:1}", 1},
               {"{true:1}", 1}});
}

TEST_CASE("RFC 8259, 4: objects are names and values, a colon between, a comma behind all but the last") {
  must_read({{"{\"a\":1}", {{"a", 1}}},
             {"{\"\":\"\"}", {{"", ""}}},
             {"{\"a\":{\"a\":{}}}", {{"a", {{"a", Json::object()}}}}}});
  must_refuse({{"{", 1},
               {"{\"a\"", 4},
               {"{\"a\":", 5},
               {"{\"a\":1", 6},
               {"{\"a\":1,", 7},
               {"{\"a\":1,\"b\"", 10},
               {"{\"a\":}", 5},
               {"{\"a\":,", 5},
               {"{\"a\"}", 4},
               {"{\"a\" 1}", 5},
               {"{\"a\" true}", 5},
               {"{\"a\" 1e999}", 5},
               {"{\"a\" \"b\"}", 5},
               {"{\"a\",1}", 4},
               {"{\"a\"=1}", 4},
               {"{\"a\"::1}", 5},
               {"{\"a\":1,}", 7},
               {"{\"a\":1,,\"b\":2}", 7},
               {"{,}", 1},
               {"{\"a\":1 \"b\":2}", 7},
               {"{\"a\":1;\"b\":2}", 6},
               {"{\"a\":1 22}", 7},
               {"{\"a\":1 null}", 7},
               {"{\"a\":1]", 6},
               {"{]", 1},
               {"{a:1}", 1},
               {"{'a':1}", 1},
               {"{12:1}", 1},
               {"{-1.5:1}", 1},
               {"{[]:1}", 1},
               {"{{}:1}", 1},
               {"{\"a\":1,12:1}", 7},
               {"{\"a\":1,false:1}", 7},
               {"}", 0},
               {":", 0}});
}

TEST_CASE("RFC 8259, 4: a name occurs once in an object, at whatever depth, however it is spelt") {
  for (const std::size_t depth : {0U, 1U, 2U, 31U, 59U}) {
    const std::string objects = times(depth, "{\"a\":");
    const std::string arrays = times(depth, "[");
    must_refuse({{objects + "{\"a\":1,\"a\":2}" + times(depth, "}"), objects.size() + 7},
                 {arrays + "{\"\":1, \"\":2}" + times(depth, "]"), depth + 7}});
    must_refuse({{arrays + "{\"a\":1,\"b\":[{\"c\":{}}],\"\\u0061\":2}" + times(depth, "]"), depth + 22}});
  }
  must_read({{"[{\"a\":1},{\"a\":2}]", {{{"a", 1}}, {{"a", 2}}}},
             {"{\"a\":{\"a\":1}}", {{"a", {{"a", 1}}}}},
             {"{\"a\":1,\"A\":2}", {{"a", 1}, {"A", 2}}}});
}

TEST_CASE("RFC 8259, 5: arrays are values, a comma behind all but the last") {
  must_read({{"[1]", Json::array({1})},
             {"[1,2]", {1, 2}},
             {"[[],[[]]]", Json::array({Json::array(), Json::array({Json::array()})})}});
  must_refuse({{"[", 1},           {"[1", 2},       {"[1,", 3},           {"[,", 1},      {"[,1]", 1},
               {"[1,]", 3},        {"[1,,2]", 3},   {"[1 2]", 3},         {"[1 22]", 3},  {"[1 -2.5]", 3},
               {"[1 \"two\"]", 3}, {"[1 null]", 3}, {"[\"a\" \"b\"]", 5}, {"[1:2]", 2},   {"[1;2]", 2},
               {"[1}", 2},         {"[1)", 2},      {"(1)", 0},           {"]", 0},       {"[]]", 2},
               {"[[]", 3},         {"[\"a\",", 5},  {"[\"a\":1]", 4},     {"[1,\n,2]", 4}});
}

TEST_CASE("nesting is read to 64 levels, and refused where the next begins") {
  for (const std::string& open : {"["s, "{\"a\":"s, "[ "s, "{ \"\" : "s}) {
    const std::string close = open.front() == '[' ? "]" : "}";
    CHECK(parse_json(times(64, open) + "1" + times(64, close)).has_value());
    CHECK(parse_json(times(63, open) + "[]" + times(63, close)).has_value());
    must_refuse({{times(65, open) + "1" + times(65, close), 64 * open.size()},
                 {times(64, open) + "{}" + times(64, close), 64 * open.size()}});
    must_refuse({{times(100'000, open), 64 * open.size()},
                 {times(64, open), 64 * open.size()},
                 {times(64, open) + "1" + times(63, close), 64 * open.size() + 64}});
  }
}

TEST_CASE("RFC 8259, 6: numbers are a minus, an integer without leading zeros, a fraction, an exponent") {
  must_read({{"0", 0},
             {"-0", -0.0},
             {"1", 1},
             {"-1", -1},
             {"10", 10},
             {"1234567890", 1234567890},
             {"0.0", 0.0},
             {"-0.0", -0.0},
             {"0.5", 0.5},
             {"1.50", 1.5},
             {"-0.001", -0.001},
             {"0e0", 0.0},
             {"1e5", 1e5},
             {"1E5", 1e5},
             {"1e+5", 1e5},
             {"1E-5", 1e-5},
             {"1e05", 1e5},
             {"1.5e3", 1500.0},
             {"-0.0e-0", -0.0},
             {"1e-400", 0.0},
             {"5e-324", 5e-324},
             {"1.7976931348623157e308", 1.7976931348623157e308},
             {"9223372036854775807", 9223372036854775807},
             {"-9223372036854775807", -9223372036854775807},
             {"18446744073709551615", 18446744073709551615U}});
  must_refuse_anywhere({{"-", 1},         {"+", 0},        {"+1", 0},           {"--1", 1},
                        {"-+1", 1},       {"- 1", 1},      {"-a", 1},           {"-null", 1},
                        {"-Infinity", 1}, {".5", 0},       {"-.5", 1},          {"1. ", 2},
                        {"1.e5", 2},      {"1.-5", 2},     {"1..5", 2},         {"1e ", 2},
                        {"1e+ ", 3},      {"1e- ", 3},     {"1e5.5", 3},        {"1e5e5", 3},
                        {"1ee5", 2},      {"1e+-5", 3},    {"1E.5", 2},         {"0x10", 1},
                        {"0b1", 1},       {"1_000", 1},    {"1'000", 1},        {"1x", 1},
                        {"1L", 1},        {"1\\u0030", 1}, {"\xEF\xBC\x91", 0}, {"\xD9\xA1", 0}});
  // A zero ends its number; what follows begins another.
  must_refuse_anywhere(
      {{"01", 1}, {"00", 1}, {"-01", 2}, {"-00", 2}, {"0123", 1}, {"007.5e1", 1}, {"012e3", 1}});
  must_refuse({{"1.", 2}, {"1e", 2}, {"1e+", 3}, {"1E-", 3}, {"-", 1}, {"[1.", 3}, {"[-", 2}, {"[1e", 3}});
}

TEST_CASE("numbers that fit neither 64 bits nor a double are refused where they begin") {
  const std::string huge(400, '9');
  must_refuse_anywhere({{"18446744073709551616", 0},
                        {"-9223372036854775809", 0},
                        {"100000000000000000000", 0},
                        {huge, 0},
                        {"-" + huge, 0},
                        {"1e309", 0},
                        {"-1e309", 0},
                        {"1e999999999999", 0},
                        {"0.1e310", 0},
                        {huge + ".5", 0},
                        {"1.8e308", 0}});
  must_read({{huge.substr(0, 300) + ".5", std::stod(huge.substr(0, 300))},
             {"1e-999999999999", 0.0},
             {"0e999999999999", 0.0}});
}

TEST_CASE("RFC 8259, 7: strings are in double quotes, control characters escaped") {
  must_read(
      {{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
       {"\"\\u0000\\u001F\\u007f\\u00e4\\u20AC\\uFFFF\"", "\0\x1F\x7F\xC3\xA4\xE2\x82\xAC\xEF\xBF\xBF"s},
       {"\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"},
       {"\"\x7F'/ \"", "\x7F'/ "},
       {"\"\\\\u0041\"", "\\u0041"}});
  for (int c = 0; c < 0x20; ++c) {
    const std::string control(1, static_cast<char>(c));
    must_refuse_anywhere({{"\"" + control + "\"", 1}, {"\"abc" + control, 4}, {"\"\\" + control + "\"", 2}});
    must_refuse({{"{\"a" + control + "\":1}", 3}});
  }
  for (int c = 0x20; c < 0x80; ++c) {
    if ("\"\\/bfnrtu"s.find(static_cast<char>(c)) != std::string::npos) continue;
    must_refuse({{"\"a\\"s + static_cast<char>(c) + "\"", 3}});
  }
  must_refuse_anywhere({{"'a'", 0},
                        {"`a`", 0},
                        {"a", 0},
                        {"\\\"a\"", 0},
                        {"\"\\u\"", 3},
                        {"\"\\u00\"", 5},
                        {"\"\\u00G0\"", 5},
                        {"\"\\u+041\"", 3},
                        {"\"\\u 041\"", 3},
                        {"\"\\U0041\"", 2},
                        {"\"\\x41\"", 2},
                        {"\"\\0\"", 2},
                        {"\"\\\xC3\xA4\"", 2}});
  must_refuse({{"\"", 1},
               {"\"a", 2},
               {"\"\\", 2},
               {"\"\\\"", 3},
               {"\"\\u", 3},
               {"\"\\u004", 6},
               {"\"a\"\"b\"", 3},
               {"\xE2\x80\x9CX\xE2\x80\x9D", 0}});
}

TEST_CASE("RFC 8259, 8.2: an escaped surrogate stands in a pair, the high one first") {
  must_refuse_anywhere({{"\"\\uD800\"", 7},
                        {"\"\\uDBFFx\"", 7},
                        {"\"\\uD83D\\n\"", 8},
                        {"\"\\uD83D\\\\uDE00\"", 8},
                        {"\"\\uD83D \\uDE00\"", 7},
                        {"\"\\uD83D\\uD83D\"", 12},
                        {"\"\\uD83D\\u0041\"", 12},
                        {"\"\\uD83D\\uE000\"", 12},
                        {"\"\\uDC00\"", 6},
                        {"\"\\uDFFF\\uD800\"", 6},
                        {"\"\\uD83D\\uDE0\"", 12}});
  must_refuse({{"\"\\uD83D", 7}, {"\"\\uD83D\\", 8}, {"\"\\uD83D\\u", 9}, {"{\"\\uD800\":1}", 8}});
}

TEST_CASE("RFC 8259, 8.1: the text is UTF-8, without a byte order mark") {
  must_read(
      {{"\"\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"
        "\"",
        "\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"},
       {"\"\xEF\xBB\xBF\"", "\xEF\xBB\xBF"}});
  // The first byte that no character has there: a continuation alone, overlong, surrogates, beyond U+10FFFF.
  must_refuse_anywhere({{"\"\x80\"", 1},
                        {"\"\xBF\"", 1},
                        {"\"\xC0\xAF\"", 1},
                        {"\"\xC1\xBF\"", 1},
                        {"\"\xE0\x80\xAF\"", 2},
                        {"\"\xE0\x9F\xBF\"", 2},
                        {"\"\xED\xA0\x80\"", 2},
                        {"\"\xED\xBF\xBF\"", 2},
                        {"\"\xF0\x80\x80\xAF\"", 2},
                        {"\"\xF0\x8F\xBF\xBF\"", 2},
                        {"\"\xF4\x90\x80\x80\"", 2},
                        {"\"\xF5\x80\x80\x80\"", 1},
                        {"\"\xF8\x88\x80\x80\x80\"", 1},
                        {"\"\xFC\"", 1},
                        {"\"\xFE\"", 1},
                        {"\"\xFF\"", 1}});
  // Cut short, by the end of the string and by another character.
  must_refuse_anywhere({{"\"\xC3\"", 2},
                        {"\"\xE2\x82\"", 3},
                        {"\"\xF0\x9F\x98\"", 4},
                        {"\"\xF0\x9F\"", 3},
                        {"\"\xE2\xC3\xA4\"", 2},
                        {"\"\xF0\x9F\x98x\"", 4}});
  must_refuse({{"\"\xC3", 2},
               {"\"\xE2\x82", 3},
               {"\"\xF0\x9F\x98", 4},
               {"{\"a\xE2\x82\":1}", 5},
               {"[\xC3\xA4]", 1},
               {"\xC3\xA4", 0}});
  must_refuse({{"\xEF\xBB\xBF", 0},
               {"\xEF\xBB\xBF{}", 0},
               {"\xEF\xBB{}", 0},
               {"\xEF", 0},
               {"\xFE\xFF\0{\0}"s, 0},
               {"\xFF\xFE{\0}\0"s, 0},
               {"{\0}\0"s, 1},
               {"\0\0\0{"s, 0}});
}

TEST_CASE("a NUL is a byte like any other that JSON does not know") {
  must_refuse({{"\0"s, 0},
               {"\0{}"s, 0},
               {"[\0]"s, 1},
               {"[1\0]"s, 2},
               {"[1,\0"s, 3},
               {"{\0\"a\":1}"s, 1},
               {"{\"a\"\0:1}"s, 4},
               {"{\"a\":\0"s, 5},
               {"nul\0"s, 3},
               {"-\0"s, 1},
               {"1.\0"s, 2},
               {"{}\0"s, 2},
               {"{}\0{}"s, 2},
               {"{} \0"s, 3},
               {"1\0"s, 1},
               {"\"a\"\0"s, 3},
               {"\"\0\""s, 1}});
}
