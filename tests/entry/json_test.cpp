#include "entry/json.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <string>

using namespace spoold;
using namespace std::string_literals;

namespace {

std::string error_of(std::string_view text) {
  const auto parsed = parse_json(text);
  if (parsed.has_value()) return "accepted";
  CHECK(parsed.error().kind == ErrorKind::invalid);
  return parsed.error().context;
}

bool is_refused_at(std::string_view text, std::size_t offset) {
  const std::string error = error_of(text);
  UNSCOPED_INFO(error);
  return error.starts_with("byte " + std::to_string(offset) + ": ");
}

std::string repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("each kind of JSON value is read") {
  CHECK(*parse_json("null") == Json(nullptr));
  CHECK(*parse_json("true") == Json(true));
  CHECK(*parse_json(" false\n") == Json(false));
  CHECK(*parse_json("\"\"") == Json(""));
  CHECK(*parse_json("[]") == Json::array());
  CHECK(*parse_json("{}") == Json::object());
  CHECK(*parse_json("[[],{},[{}]]") == Json::array({Json::array(), Json::object(), {Json::object()}}));
  CHECK(*parse_json("[1, -1, 1.5, \"a\", null, true]") == Json::array({1, -1, 1.5, "a", nullptr, true}));
}

TEST_CASE("what is read and written again is the same text") {
  for (const char* text : {"{\"z\":1,\"a\":{\"y\":[],\"b\":{}},\"m\":[[1,[2]],{\"k\":null}]}",
                           "[0,-1,18446744073709551615,-9223372036854775808]", "[0.5,-0.0,1e-07,1.5e+300]",
                           "[\"\\u0000\\u001f\\\"\\\\\\n\",\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"]",
                           "{\"\":\"\",\" \":\" \"}"}) {
    INFO(text);
    const auto parsed = parse_json(text);
    REQUIRE(parsed.has_value());
    CHECK(parsed->dump() == text);
  }
}

TEST_CASE("numbers of the grammar are read, others are refused") {
  for (const char* text :
       {"0", "-0", "1", "-1", "10", "0.0", "0.10", "1e5", "1E5", "1e+5", "1e-5", "0e0", "-0.0e-0",
        "123456789012345678", "1.7976931348623157e308", "2.2250738585072014e-308", "1e-400"}) {
    INFO(text);
    CHECK(parse_json(text).has_value());
  }
  for (const char* text :
       {"01",    "-01",  "00",    "+1",    "-",        "--1",       ".5",  "5.",  "1.e5", "1e", "1e+",
        "1e5.5", "0x10", "1_000", "1,000", "Infinity", "-Infinity", "NaN", "nan", "1 2",  "1f", "- 1"}) {
    INFO(text);
    CHECK(parse_json(text).has_error());
  }
}

TEST_CASE("integers of 64 bits are exact, larger ones are refused") {
  CHECK(parse_json("9223372036854775807")->get<std::int64_t>() == std::numeric_limits<std::int64_t>::max());
  CHECK(parse_json("-9223372036854775808")->get<std::int64_t>() == std::numeric_limits<std::int64_t>::min());
  CHECK(parse_json("9223372036854775808")->get<std::uint64_t>() == 9223372036854775808U);
  CHECK(parse_json("18446744073709551615")->is_number_unsigned());
  CHECK(is_refused_at("18446744073709551616", 0));
  CHECK(is_refused_at("-9223372036854775809", 0));
  CHECK(is_refused_at("[1, 100000000000000000000 ]", 4));
  CHECK(is_refused_at("{\"a\":99999999999999999999}", 5));
  CHECK(is_refused_at("[" + std::string(400, '9') + "]", 1));
  CHECK(error_of(std::string(400, '9')).find("does not fit 64 bits") != std::string::npos);
}

TEST_CASE("a float beyond the largest is refused at its beginning") {
  CHECK(is_refused_at("1e999", 0));
  CHECK(is_refused_at("[0, -1e999]", 4));
  CHECK(is_refused_at("{\"a\" : 1.8e308 }", 7));
}

TEST_CASE("minus zero keeps its sign") {
  CHECK(std::signbit(parse_json("-0")->get<double>()));
  CHECK(std::signbit(parse_json("-0.0")->get<double>()));
  CHECK(parse_json("-0")->dump() == "-0.0");
}

TEST_CASE("structure that breaks the grammar is refused") {
  for (const char* text : {"",
                           " ",
                           "[",
                           "]",
                           "{",
                           "}",
                           "[1",
                           "[1,",
                           "[,1]",
                           "[1,]",
                           "[1 2]",
                           "[1,,2]",
                           "[1}",
                           "{]",
                           "{\"a\"",
                           "{\"a\":",
                           "{\"a\":}",
                           "{\"a\":1",
                           "{\"a\":1,",
                           "{\"a\":1,}",
                           "{,}",
                           "{\"a\" 1}",
                           "{\"a\"::1}",
                           "{\"a\":1 \"b\":2}",
                           "{a:1}",
                           "{1:1}",
                           "{null:1}",
                           "{\"a\":1}}",
                           "[]]",
                           "[][]",
                           "1 1",
                           "\"a\" \"b\"",
                           "nul",
                           "nulll",
                           "True",
                           "TRUE",
                           "undefined",
                           "// x\n1",
                           "1 // x",
                           "/* x */ 1",
                           "# x\n1",
                           "'a'",
                           "[1;2]",
                           "\xE2\x80\xA8"
                           "1",
                           "\xC2\xA0"
                           "1",
                           "\v1",
                           "\f1",
                           "(1)"}) {
    INFO(text);
    CHECK(parse_json(text).has_error());
  }
}

TEST_CASE("strings that break the grammar are refused") {
  for (const char* text : {"\"", "\"a", "\"\\\"", "\"\\", "\"\\x41\"", "\"\\a\"", "\"\\'\"", "\"\\u\"",
                           "\"\\u12\"", "\"\\u12G4\"", "\"\\U0041\"", "\"\n\"", "\"\t\"", "\"\r\"",
                           "\"\x01\"", "\"\x1F\"", "\"\\\n\"", "\"\\0\""}) {
    INFO(text);
    CHECK(parse_json(text).has_error());
  }
  CHECK(parse_json("\"\0\""s).has_error());
  CHECK(parse_json("\"\x7F\"").has_value());
}

TEST_CASE("escapes are read, lone surrogates are refused") {
  CHECK(*parse_json("\"\\u0041\\u00e4\\u20AC\\uD83D\\uDE00\"") ==
        Json("A\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"));
  CHECK(*parse_json("\"\\u0000\"") == Json("\0"s));
  CHECK(*parse_json("\"\\uFFFE\\uFFFF\"") == Json("\xEF\xBF\xBE\xEF\xBF\xBF"));
  for (const char* text : {"\"\\uD800\"", "\"\\uDBFF\"", "\"\\uDC00\"", "\"\\uDFFF\"", "\"\\uDE00\\uD83D\"",
                           "\"\\uD83D\\uD83D\"", "\"\\uD83Dx\"", "\"\\uD83D\\n\"", "\"\\uD83D\\u0041\""}) {
    INFO(text);
    CHECK(parse_json(text).has_error());
  }
}

TEST_CASE("invalid UTF-8 is refused at its byte, in values, names and between them") {
  for (const char* bytes : {"\x80", "\xBF", "\xFF", "\xFE", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80",
                            "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80",
                            "\xF5\x80\x80\x80", "\xC3", "\xE2\x82", "\xF0\x9F\x98"}) {
    CHECK(parse_json("\""s + bytes + "\"").has_error());
    CHECK(parse_json("{\""s + bytes + "\":1}").has_error());
    CHECK(parse_json("["s + bytes + "]").has_error());
  }
  CHECK(is_refused_at("{\"a\":\"bc\xFF\"}", 8));
}

TEST_CASE("a byte order mark is refused, whole or cut") {
  CHECK(is_refused_at("\xEF\xBB\xBF{}", 0));
  CHECK(error_of("\xEF\xBB\xBF{}").find("byte order mark") != std::string::npos);
  CHECK(parse_json("\xEF\xBB\xBF").has_error());
  CHECK(parse_json("\xEF\xBB").has_error());
  CHECK(parse_json("\xEF").has_error());
  CHECK(parse_json("\xFE\xFF\0{\0}"s).has_error());
}

TEST_CASE("nothing may follow the value, a NUL neither") {
  CHECK(is_refused_at("{}\0"s, 2));
  CHECK(is_refused_at("{} \0 {}"s, 3));
  CHECK(is_refused_at("1\0"s, 1));
  CHECK(is_refused_at("1\0002"s, 1));
  CHECK(is_refused_at("{}x", 2));
  CHECK(is_refused_at("{} {", 3));
  CHECK(parse_json("\0"s).has_error());
  CHECK(parse_json("\0{}"s).has_error());
  CHECK(parse_json("{\0}"s).has_error());
  CHECK(parse_json("[1\0]"s).has_error());
}

TEST_CASE("a name that occurs twice in an object is refused at its second place") {
  CHECK(is_refused_at("{\"a\":1,\"a\":2}", 7));
  CHECK(is_refused_at("{\"a\":1, \"b\":2,\n\"a\":1}", 15));
  CHECK(is_refused_at("{\"a\":1,\"\\u0061\":2}", 7));
  CHECK(is_refused_at("[{\"\":1,\"\":1}]", 7));
  CHECK(is_refused_at("{\"x\\\"y\\\\\":1,\"x\\\"y\\\\\":1}", 12));
  CHECK(is_refused_at("{\"a\":{\"b\":{\"c\":1,\"c\":1}}}", 17));
  CHECK(error_of("{\"a\x1F\":1}").find("twice") == std::string::npos);
  CHECK(error_of("{\"a\\u001f\":1,\"a\\u001f\":1}").find("\"a\\x1F\" occurs twice") != std::string::npos);
}

TEST_CASE("the same name in different objects is no duplicate") {
  CHECK(parse_json("{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}],\"A\":3}").has_value());
}

TEST_CASE("names of a large object are told apart, and a duplicate among them is found") {
  std::string text = "{";
  for (int i = 0; i < 20'000; ++i) text += "\"k" + std::to_string(i) + "\":{\"a\":0},";
  const auto parsed = parse_json(text + "\"last\":1}");
  REQUIRE(parsed.has_value());
  CHECK(parsed->size() == 20'001);
  for (const char* name : {"k0", "k15", "k16", "k17", "k19999"}) {
    INFO(name);
    CHECK(is_refused_at(text + "\"" + name + "\":1}", text.size()));
  }
}

TEST_CASE("nesting is read to the greatest depth and refused beyond it, where it begins") {
  CHECK(parse_json(repeat("[", json_depth_max) + repeat("]", json_depth_max)).has_value());
  CHECK(is_refused_at(repeat("[", json_depth_max + 1) + repeat("]", json_depth_max + 1), json_depth_max));
  CHECK(parse_json(repeat("{\"a\":", json_depth_max) + "1" + repeat("}", json_depth_max)).has_value());
  CHECK(is_refused_at(repeat("{\"a\":", json_depth_max + 1) + "1", 5 * json_depth_max));
  CHECK(is_refused_at(repeat("[", 100'000), json_depth_max));
  CHECK(parse_json("[" + repeat("[[]],", 1000) + "1]").has_value());
}

TEST_CASE("an error's text stays short and printable whatever the input") {
  for (const std::string& text :
       {"\""s + std::string(1'000'000, 'x'), "{\"" + std::string(1'000'000, 'n') + "\":1 2}", "[\"\x1B[2J"s,
        "{\"a\":1,\"a\xFF"s, std::string(1'000'000, '7')}) {
    const std::string error = error_of(text);
    CHECK(error.size() < 200);
    CHECK(error.find('\x1B') == std::string::npos);
    CHECK(error.find('\n') == std::string::npos);
  }
}

TEST_CASE("damaged text is accepted only if it is whole JSON again") {
  const std::string whole =
      "{\"operation\":\"a\\u00e4\",\"n\":[1,-2.5e3,null,{\"x\":\"\xC3\xA4\"}],\"b\":true}";
  REQUIRE(parse_json(whole).has_value());
  const auto seed = Catch::rngSeed();
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  for (int i = 0; i < 20'000; ++i) {
    std::string text = whole;
    for (std::uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
      text[random() % text.size()] = static_cast<char>(random() % 256);
    }
    const auto parsed = parse_json(text);
    // A second reader must take what we take: nlohmann's own, which is less strict.
    if (parsed.has_value() && !Json::accept(text)) FAIL("accepted " << text);
    if (parsed.has_value() && parse_json(parsed->dump()).has_error()) FAIL("cannot be read again: " << text);
  }
}
