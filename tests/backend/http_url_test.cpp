#include "backend/http_url.hpp"

#include <catch2/catch.hpp>

#include "support/print_result.hpp"

using namespace spoold;

namespace {

std::string refusal(const std::string& text) {
  const auto url = parse_http_url(text);
  return url ? "taken" : url.error().context;
}

}  // namespace

TEST_CASE("a URL is read into what a connection and a request need") {
  const auto url = parse_http_url("HTTPS://Api.Example.com:8443/v1/chat?x=%2F");
  REQUIRE(url);
  CHECK(url->tls);
  CHECK(url->host == "api.example.com");
  CHECK(url->port == 8443);
  CHECK(url->target == "/v1/chat?x=%2F");
  CHECK(url->authority() == "api.example.com:8443");
}

TEST_CASE("the scheme's own port is not written") {
  CHECK(parse_http_url("http://a.example")->authority() == "a.example");
  CHECK(parse_http_url("https://a.example:443/")->authority() == "a.example");
  CHECK(parse_http_url("https://a.example:80/")->authority() == "a.example:80");
}

TEST_CASE("an empty path is a stroke, before a query too") {
  CHECK(parse_http_url("http://a.example")->target == "/");
  CHECK(parse_http_url("http://a.example?q=1")->target == "/?q=1");
}

TEST_CASE("an IPv6 address stands in brackets and is known without them") {
  const auto url = parse_http_url("http://[::1]:8080/x");
  REQUIRE(url);
  CHECK(url->host == "::1");
  CHECK(url->authority() == "[::1]:8080");
}

TEST_CASE("other schemes are refused") {
  for (const char* text : {"file:///etc/passwd", "gopher://a.example/", "ftp://a.example/", "//a.example/",
                           "a.example", "unix:/run/x.sock", "javascript:x", ""}) {
    CAPTURE(text);
    CHECK(refusal(text).find("is no URL that begins with http:// or https://") != std::string::npos);
  }
}

TEST_CASE("a user in a URL is refused, for it hides the host from readers") {
  CHECK(refusal("http://api.example.com@evil.example/").find("holds a user") != std::string::npos);
}

TEST_CASE("a host that resolvers read in other ways is refused") {
  for (const char* host : {"0x7f.1", "127.1", "2130706433", "0177.0.0.1", "0x7f000001", "127.0.0.1.",
                           "1.2.3.256", "a..b", ".a", "a.", "a b", "a%2eb",
                           "b\xC3\xBC"
                           "cher.example",
                           "[::1%25lo]", "[::1", "[x]"}) {
    CAPTURE(host);
    CHECK(refusal("http://" + std::string{host} + "/") != "taken");
  }
}

TEST_CASE("line breaks, NUL and spaces cannot be in a URL") {
  CHECK(refusal("http://a.example/x\r\nHost: b") != "taken");
  CHECK(refusal("http://a.example\r\n/") != "taken");
  CHECK(refusal(std::string("http://a.example/x\0y", 20)) != "taken");
  CHECK(refusal("http://a.example/x y") != "taken");
}

TEST_CASE("dot segments are refused, however they are written") {
  CHECK(refusal("http://a.example/v1/../admin") != "taken");
  CHECK(refusal("http://a.example/v1/%2E%2e/admin") != "taken");
  CHECK(refusal("http://a.example/.") != "taken");
  CHECK(refusal("http://a.example/v1.2/x..y?z=../..") == "taken");
}

TEST_CASE("a port is a number from 1 to 65535") {
  for (const char* port : {"0", "65536", "x", "", "-1", "8 0"}) {
    CAPTURE(port);
    CHECK(refusal("http://a.example:" + std::string{port} + "/") != "taken");
  }
}
