#include <catch2/catch.hpp>

#include "backend/http_bench.hpp"

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

// Requests over real connections, and what is made of the answers.

TEST_CASE("an entry is sent as one request, and the answer is its receipt") {
  const HttpServer server;
  HttpBench bench(server.url("/echo?x=1"));
  const Json receipt = bench.receipt(R"({"a":[1,"b"]})");
  CHECK(receipt["http_status"] == 200);
  CHECK(receipt["body"]["method"] == "POST");
  CHECK(receipt["body"]["target"] == "/echo?x=1");
  CHECK(receipt["body"]["body"] == Json::parse(R"({"a":[1,"b"]})"));
  CHECK(receipt["body"]["headers"]["idempotency-key"] == "01767328000000000001");
  CHECK(receipt["body"]["headers"]["content-type"] == "application/json");
  CHECK(receipt["headers"]["content-type"] == "application/json");
  CHECK(server.requests().size() == 1);
}

TEST_CASE("texts and bytes come back as they are") {
  const HttpServer server;
  CHECK(HttpBench(server.url("/text")).receipt()["body"] == "a text, no JSON");
  CHECK(HttpBench(server.url("/binary")).receipt()["body_encoding"] == "base64");
}

TEST_CASE("the answer to HEAD has no body to wait for") {
  const HttpServer server;
  HttpBench bench(server.url("/echo"), [](HttpOptions& options) { options.method = "HEAD"; });
  CHECK(bench.run().starts_with("done"));
}

TEST_CASE("a path made by the entry stays within its part") {
  const HttpServer server;
  HttpBench bench(server.url("/echo?user={{body.user}}"));
  CHECK(bench.receipt(R"({"user":"a&b=c#d"})")["body"]["target"] == "/echo?user=a%26b%3Dc%23d");
}

TEST_CASE("a signature can be checked by what arrived") {
  const HttpServer server;
  const TempDirectory directory;
  directory.write("key", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  HttpBench bench(server.url("/echo"),
                  [&](HttpOptions& options) { options.webhook_secret_files = {directory / "key"}; });
  const Json headers = bench.receipt("7")["body"]["headers"];
  CHECK(headers["webhook-id"] == headers["idempotency-key"]);
  CHECK(headers["webhook-timestamp"] == "1767328963");
  CHECK(headers["webhook-signature"].get<std::string>().starts_with("v1,"));
}

TEST_CASE("proxies in the environment are left alone") {
  const HttpServer server;
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("HTTP_PROXY", "http://127.0.0.1:1", 1);
  CHECK(HttpBench(server.url("/echo")).run() == "done");
  ::unsetenv("http_proxy");
  ::unsetenv("HTTP_PROXY");
}

TEST_CASE("an answer that is not as expected is tried again, or rejected where that is asked for") {
  const HttpServer server;
  const auto expecting = [&](HttpExpectation wanted, HttpVerdict failed) {
    return HttpBench(server.url("/echo"),
                     [&](HttpOptions& options) {
                       options.expect = {std::move(wanted)};
                       options.expectation_failed = failed;
                     })
        .run(R"({"n":3})");
  };
  CHECK(expecting({"/body/n", true, Json(3), {}, {}}, HttpVerdict::retry) == "done");
  CHECK(expecting({"/body/n", true, {}, {}, 4}, HttpVerdict::retry) ==
        "retry: the answer's /body/n is \"3\"; expected a number of 4.0 or more");
  CHECK(expecting({"/body/n", true, {}, {}, 4}, HttpVerdict::reject)
            .starts_with("reject: the answer's /body/n"));
  HttpBench text(server.url("/text"), [](HttpOptions& options) { options.expect = {HttpExpectation{}}; });
  CHECK(text.run().starts_with("retry: the answer is no JSON: "));
}

TEST_CASE("a score is taken from the answer into the receipt") {
  const HttpServer server;
  HttpBench bench(server.url("/echo"), [](HttpOptions& options) { options.score = "/body/score"; });
  CHECK(bench.receipt(R"({"score":0.75})")["score"] == 0.75);
  CHECK(bench.receipt(R"({})")["score"].is_null());
}

TEST_CASE("an attempt may name a template of its own") {
  const HttpServer server;
  const TempDirectory directory;
  directory.write("a.json", R"({"from":"a","value":{{body}}})");
  HttpBench bench(server.url("/echo"));
  bench.template_file = directory / "a.json";
  CHECK(bench.receipt("5")["body"]["body"] == Json::parse(R"({"from":"a","value":5})"));
  bench.template_file = directory / "b.json";
  CHECK(bench.run().starts_with("unavailable: read " + (directory / "b.json")));
  bench.template_file.reset();
  CHECK(bench.receipt("5")["body"]["body"] == 5);
}

TEST_CASE("a file that cannot be read makes the backend unavailable, until it can be") {
  const HttpServer server;
  const TempDirectory directory;
  HttpBench bench(server.url("/echo"),
                  [&](HttpOptions& options) { options.authorization_file = directory / "token"; });
  CHECK(bench.open().find(directory / "token") != std::string::npos);
  CHECK(bench.run().starts_with("unavailable: "));
  CHECK(server.begun() == 0);
  directory.write("token", "Bearer x");
  CHECK(bench.open().empty());
  CHECK(bench.receipt()["body"]["headers"]["authorization"] == "Bearer x");
}

TEST_CASE("options that were never checked are not used") {
  CHECK(HttpBench("ftp://x.example").open().starts_with("url: "));
  CHECK(
      HttpBench("http://x.example", [](HttpOptions& options) { options.headers["X-A"] = "a\r\nHost: evil"; })
          .run()
          .starts_with("unavailable: headers: "));
}

TEST_CASE("requests run side by side") {
  const HttpServer server;
  HttpBench bench(server.url("/hang"), [](HttpOptions& options) { options.concurrency = 3; });
  CHECK(bench.backend().concurrency() == 3);
  CHECK(bench.backend().batch_max() == 1);
  CHECK_FALSE(bench.backend().remembers());
  static_cast<void>(bench.run_at_once(3, [&] {
    bench.run_until([&] { return server.begun() == 3; });
    bench.backend().stop();
  }));
  bench.run_until([&] { return server.requests().size() == 3; });
  CHECK(HttpServer::most_at_once(server.requests()) == 3);
}
