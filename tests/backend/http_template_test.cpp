#include "backend/http_template.hpp"

#include <catch2/catch.hpp>

#include "entry/entry_format.hpp"
#include "support/print_result.hpp"

using namespace spoold;
using Kind = HttpTemplate::Kind;

namespace {

struct Sample {
  Entry entry;
  EntryName name;
  Attempt attempt;
  explicit Sample(const std::string& document) : entry(*parse_entry(document)) {
    name.seq = 42;
    name.attempts = 3;
    attempt.entry = &entry;
    attempt.name = &name;
  }
};

std::string render(const std::string& text, Kind kind, const std::string& document) {
  const auto made = HttpTemplate::parse(text, kind);
  REQUIRE(made);
  const Sample sample(document);
  const auto result = made->render(HttpValues(sample.attempt));
  return result ? *result : "refused: " + result.error().context;
}

std::string json(const std::string& text, const std::string& body) {
  return render(text, Kind::json,
                R"({"operation":"op","body":)" + body + R"(,"metadata":{"a":{"b":[7,"x"]}}})");
}

std::string parse_refusal(const std::string& text, Kind kind) {
  const auto made = HttpTemplate::parse(text, kind);
  return made ? "taken" : made.error().context;
}

}  // namespace

TEST_CASE("placeholders stand for parts of the attempt") {
  CHECK(render("{{operation}} {{id}} {{key}} {{ attempt }}", Kind::plain, R"({"operation":"a.b"})") ==
        "a.b 00000000000000000042 00000000000000000042 3");
  CHECK(render("{{key}}", Kind::plain, R"({"operation":"a","key":"mine"})") == "mine");
  CHECK(json(R"({"x":{{metadata.a.b.1}},"y":{{metadata.a.b.0}}})", "1") == R"({"x":"x","y":7})");
}

TEST_CASE("outside of quotes a value is JSON, inside it is escaped") {
  CHECK(json(R"({"a":{{body}}})", R"({"b":[1,null]})") == R"({"a":{"b":[1,null]}})");
  CHECK(json(R"({"a":"say {{body}}!"})", R"("he said \"no\"\n")") == R"({"a":"say he said \"no\"\n!"})");
  CHECK(json(R"({"a":"{{body}}"})", R"({"q":"\""})") == R"({"a":"{\"q\":\"\\\"\"}"})");
  CHECK(json(R"({"a":"{{body}}"})", "1.5") == R"({"a":"1.5"})");
  CHECK(json(R"({"a":{{body.n}}})", R"({"n":null})") == R"({"a":null})");
}

TEST_CASE("no value breaks out of its place in JSON") {
  const std::vector<std::string> attacks{
      R"("\",\"admin\":true,\"x\":\"")", R"("\\")",           R"("\\\",\"a\":\"")", R"("}}{{id}}")",
      R"("\u0000\r\n\u2028")",           R"("{{operation}}")"};
  for (const std::string& attack : attacks) {
    CAPTURE(attack);
    const Json made = Json::parse(json(R"({"text":"<{{body}}>","value":{{body}}})", attack));
    CHECK(made.size() == 2);
    CHECK(made["value"] == Json::parse(attack));
    CHECK(made["text"] == "<" + Json::parse(attack).get<std::string>() + ">");
  }
}

TEST_CASE("a value cannot repeat a member's name") {
  CHECK(json(R"({"{{body}}":1,"admin":false})", R"("user")") == R"({"user":1,"admin":false})");
  CHECK(json(R"({"{{body}}":1,"admin":false})", R"("admin")")
            .starts_with("refused: the filled template is no JSON"));
}

TEST_CASE("a value that is missing is refused by name") {
  CHECK(json(R"({"a":{{body.b.c}}})", R"({"b":1})") == "refused: {{body.b.c}} is not in the entry");
  CHECK(json(R"({"a":{{body.3}}})", "[1,2]") == "refused: {{body.3}} is not in the entry");
}

TEST_CASE("unknown and open placeholders are refused") {
  for (const char* text : {"{{bodyx}}", "{{}}", "{{body..a}}", "{{operation.a}}", "{{secret}}", "{{sql}}"}) {
    CAPTURE(text);
    CHECK(parse_refusal(text, Kind::plain).find("is unknown; expected operation, id") != std::string::npos);
  }
  CHECK(parse_refusal("a {{body", Kind::plain).find("is not closed") != std::string::npos);
}

TEST_CASE("a json template must be JSON around its placeholders") {
  CHECK(parse_refusal(R"({"a":{{body}})", Kind::json).find("it is no JSON") != std::string::npos);
  CHECK(parse_refusal(R"({"a":x{{body}}})", Kind::json).find("it is no JSON") != std::string::npos);
  CHECK(parse_refusal(R"({"a":"\{{body}}"})", Kind::json).find("before the placeholder") !=
        std::string::npos);
  CHECK(parse_refusal(R"({"a":"\\{{body}}","b":"\"{{body}}"})", Kind::json) == "taken");
}

TEST_CASE("a form is percent-encoded") {
  CHECK(render("a={{body.a}}&b={{body.b}}", Kind::form,
               R"({"operation":"x","body":{"a":"1&b=2 é","b":true}})") == "a=1%26b%3D2%20%C3%A9&b=true");
  CHECK(render("a={{body}}", Kind::form, R"({"operation":"x","body":[1]})").starts_with("refused"));
}

TEST_CASE("a value in a path or query makes no further part of it") {
  const auto url = [](const std::string& value) {
    return render("http://a.example/v1/{{body}}/x?q={{body}}", Kind::url,
                  R"({"operation":"x","body":)" + Json(value).dump() + "}");
  };
  CHECK(url("a/b?c&d") == "http://a.example/v1/a%2Fb%3Fc%26d/x?q=a%2Fb%3Fc%26d");
  CHECK(url("a\r\nb") == "http://a.example/v1/a%0D%0Ab/x?q=a%0D%0Ab");
}

TEST_CASE("a value in the host is a host") {
  const auto url = [](const std::string& value) {
    return render("https://{{body}}.example:{{attempt}}/x", Kind::url,
                  R"({"operation":"x","body":)" + Json(value).dump() + "}");
  };
  CHECK(url("tenant-1") == "https://tenant-1.example:3/x");
  for (const char* value : {"a/", "a@b", "a?b", "a#", "a b", "", "a\r\n", "a\\b"}) {
    CAPTURE(value);
    CHECK(url(value).starts_with("refused: {{body}} is no host or port"));
  }
}

TEST_CASE("it is known whether the entry has a say in the host") {
  const auto chooses = [](const std::string& text) {
    const auto made = HttpTemplate::parse(text, Kind::url);
    REQUIRE(made);
    return made->chooses_host();
  };
  CHECK(chooses("{{url}}"));
  CHECK(chooses("{{url}}/x"));
  CHECK(chooses("https://{{body.host}}/"));
  CHECK(chooses("https://a.example:{{body.port}}/"));
  CHECK(chooses("https://a.example{{body.rest}}/"));
  CHECK(chooses("{{body.scheme}}://a.example/"));
  CHECK_FALSE(chooses("https://a.example/{{body.x}}"));
  CHECK_FALSE(chooses("https://a.example?x={{body.x}}"));
  CHECK_FALSE(chooses("https://a.example/"));
}
