#include <algorithm>
#include <catch2/catch.hpp>

#include "backend/http_bench.hpp"

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

namespace {

std::size_t connections(const HttpServer& server) {
  int highest = 0;
  for (const auto& request : server.requests()) highest = std::max(highest, request.connection);
  return static_cast<std::size_t>(highest);
}

}  // namespace

TEST_CASE("a connection serves one request after the other") {
  const HttpServer server;
  HttpBench bench(server.url("/echo"));
  for (int i = 0; i < 5; ++i) CHECK(bench.run() == "done");
  CHECK(connections(server) == 1);
}

TEST_CASE("no connection is kept where none shall be") {
  const HttpServer server;
  HttpBench bench(server.url("/echo"), [](HttpOptions& options) { options.keep_alive = 0s; });
  CHECK(bench.receipt()["body"]["headers"]["connection"] == "close");
  CHECK(bench.run() == "done");
  CHECK(connections(server) == 2);
}

TEST_CASE("a connection unused for too long is closed, by itself") {
  const HttpServer server;
  HttpBench bench(server.url("/hang"), [](HttpOptions& options) { options.keep_alive = 1ms; });
  server.control(R"({"status":200})");
  CHECK(bench.run() == "done");
  server.control(R"({})");
  const auto begin = std::chrono::steady_clock::now();
  bench.run_until([&] { return std::chrono::steady_clock::now() > begin + 5ms; });
  server.control(R"({"status":200})");
  CHECK(bench.run() == "done");
  CHECK(connections(server) == 3 + 2);  // the bench's two, and three to say what the server shall do
}

TEST_CASE("a kept connection that the server has closed meanwhile costs no attempt") {
  HttpServer server;
  HttpBench bench(server.url("/answer-then-close"));
  for (int i = 0; i < 5; ++i) CHECK(bench.run() == "done");
  CHECK(server.begun() == 5);
  server.stop();
  server.start();
  CHECK(bench.run() == "done");
}

TEST_CASE(
    "a kept connection that is closed under a request is followed by a new one, once, with the same key") {
  const HttpServer server;
  HttpBench bench(server.url("/{{body}}"));
  CHECK(bench.run("\"echo\"") == "done");
  CHECK(bench.run("\"drop-first\"", "k") == "done");
  const auto requests = server.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[1].key == "k");
  CHECK(requests[2].key == "k");
  CHECK(requests[1].connection != requests[2].connection);
  CHECK(bench.run("\"close-after-read\"").starts_with("retry: "));
  CHECK(server.begun() == 5);
}

TEST_CASE("a new connection that is closed under a request is not followed by another") {
  const HttpServer server;
  HttpBench bench(server.url("/drop-first"));
  CHECK(bench.run("null", "k").starts_with("retry: "));
  CHECK(server.begun() == 1);
  CHECK(bench.run("null", "k") == "done");
}

TEST_CASE("an answer that was not read to its end leaves no connection to reuse") {
  const HttpServer server;
  HttpBench bench(server.url("/{{body}}"), [](HttpOptions& options) {
    options.receipt_bytes_max = 10;
    options.response_bytes_max = 100'000;
  });
  CHECK(bench.run("\"flood\"") == "done");
  CHECK(bench.run("\"echo\"") == "done");
  const auto requests = server.requests();
  const auto echo = std::find_if(requests.begin(), requests.end(),
                                 [](const auto& request) { return request.target == "/echo"; });
  REQUIRE(echo != requests.end());
  CHECK(echo->connection == 2);
}
