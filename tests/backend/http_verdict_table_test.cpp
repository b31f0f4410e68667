#include <catch2/catch.hpp>
#include <map>
#include <regex>

#include "backend/http_bench.hpp"
#include "backend/http_verdict.hpp"
#include "support/page_table.hpp"

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

// The tables of docs/http.md, each row of them run.

namespace {

std::vector<std::pair<std::string, std::string>> rows_under(const std::string& title) {
  return rows_of_table(SPOOLD_SOURCE_DIRECTORY "/docs/http.md", title);
}

std::string first_word(const std::string& outcome) {
  return outcome.starts_with("reject and pause") ? "reject and pause" : outcome.substr(0, outcome.find(':'));
}

// The verdict the page gives each status from 200 to 599.
std::map<unsigned, std::string> verdicts_on_the_page() {
  std::map<unsigned, std::string> verdicts;
  const auto say = [&](unsigned status, const std::string& verdict) { verdicts.emplace(status, verdict); };
  // Rows with single statuses come before those with ranges, which say the rest.
  for (const auto& [statuses, verdict] : rows_under("status")) {
    const std::regex part{R"(`(\d+)`(?: to `(\d+)`)?)"};
    for (std::sregex_iterator at(statuses.begin(), statuses.end(), part), end; at != end; ++at) {
      const auto from = static_cast<unsigned>(std::stoul((*at)[1]));
      const auto to = (*at)[2].matched ? static_cast<unsigned>(std::stoul((*at)[2])) : from;
      for (unsigned status = from; status <= to; ++status) say(status, verdict);
    }
  }
  return verdicts;
}

}  // namespace

TEST_CASE("each status comes to what the page says, over a real connection") {
  const HttpServer server;
  const auto verdicts = verdicts_on_the_page();
  REQUIRE(verdicts.size() == 400);
  HttpBench bench(server.url("/status/{{body}}"));
  for (const auto& [status, verdict] : verdicts) {
    CAPTURE(status);
    // Answers with these statuses have no body, and the server's would be taken for the next answer.
    if (status == 204 || status == 304) continue;
    CHECK(first_word(bench.run(std::to_string(status))) == verdict);
  }
  HttpResponse bare;
  bare.status = 204;
  CHECK_FALSE(judge(bare, HttpOptions{}, WallTime{}));
  bare.status = 304;
  CHECK(std::holds_alternative<Reject>(*judge(bare, HttpOptions{}, WallTime{})));
}

TEST_CASE("each way not to answer comes to what the page says") {
  HttpServer server;
  const HttpServer encrypted{HttpServer::Scheme::https};
  HttpServer down;
  down.stop();
  const auto run = [](const std::string& url, const HttpBench::Change& change = {}) {
    return HttpBench(url, change).run("null");
  };
  const auto expecting = [](HttpVerdict failed) {
    return [failed](HttpOptions& options) {
      options.expect = {HttpExpectation{"/nothing", true, {}, {}, {}}};
      options.expectation_failed = failed;
    };
  };
  const std::map<std::string, std::function<std::string()>> ways{
      {"`429` or `503` with a `Retry-After`", [&] { return run(server.url("/retry-after/3/429")); }},
      {"another status to be retried, with a `Retry-After`",
       [&] { return run(server.url("/retry-after/3/500")); }},
      {"the address cannot be looked up",
       [&] { return run("http://" + std::string(70, 'a') + ".example/"); }},
      {"no connection, or none within `connect_timeout`", [&] { return run(down.url("/")); }},
      {"TLS: the certificate is not accepted, or no agreement", [&] { return run(encrypted.url("/")); }},
      {"the connection ends after sending, without a whole answer",
       [&] { return run(server.url("/reset-after-read")); }},
      {"no whole answer within `timeout`",
       [&] { return run(server.url("/hang"), [](HttpOptions& options) { options.timeout = 50ms; }); }},
      {"the answer is no HTTP, or its header is over `max_header_bytes`",
       [&] { return run(server.url("/huge-header")); }},
      {"the body of a `2xx` goes on beyond `max_response_bytes`", [&] { return run(server.url("/flood")); }},
      {"an expectation is not met", [&] { return run(server.url("/echo"), expecting(HttpVerdict::retry)); }},
      {"the same with `expect_failed: reject`",
       [&] { return run(server.url("/echo"), expecting(HttpVerdict::reject)); }},
      {"a placeholder without a value, or a value that cannot stand there",
       [&] { return run(server.url("/{{body.x}}")); }},
      {"a host or an address that `allow_hosts` does not admit",
       [&] {
         return run("http://localhost:" + std::to_string(server.port()) + "/{{key}}",
                    [](HttpOptions& options) { options.allow_hosts = {"localhost"}; });
       }},
      {"a file that the options name cannot be read",
       [&] {
         return run(server.url("/"), [](HttpOptions& options) { options.template_file = "/nowhere"; });
       }},
      {"the daemon stops",
       [&] {
         HttpBench bench(server.url("/hang"));
         return bench.run_at_once(1, [&] { bench.backend().stop(); }).front();
       }},
  };
  std::size_t found = 0;
  for (const auto& [what, verdict] : rows_under("what happens")) {
    CAPTURE(what);
    const auto way = ways.find(what);
    REQUIRE(way != ways.end());
    CHECK(first_word(way->second()) == verdict);
    ++found;
  }
  CHECK(found == ways.size());
}
