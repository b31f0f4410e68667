#include <catch2/catch.hpp>

#include "backend/http_bench.hpp"

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

namespace {

HttpBench::Change trusting(const HttpServer& server) {
  return [&server](HttpOptions& options) { options.ca_file = server.certificate_file(); };
}

std::string with_host(const HttpServer& server, const std::string& host) {
  return "https://" + host + ":" + std::to_string(server.port()) + "/echo";
}

}  // namespace

TEST_CASE("a server whose certificate is trusted is talked to, and its connection kept") {
  const HttpServer server{HttpServer::Scheme::https};
  HttpBench bench(server.url("/echo"), trusting(server));
  for (int i = 0; i < 3; ++i) CHECK(bench.run() == "done");
  for (const auto& request : server.requests())
    CHECK(request.connection == server.requests().front().connection);
}

TEST_CASE("a certificate that nobody vouches for makes the backend unavailable, and nothing is sent") {
  const HttpServer server{HttpServer::Scheme::https};
  HttpBench bench(server.url("/echo"));
  const std::string outcome = bench.run();
  CHECK(outcome.starts_with("unavailable: localhost:"));
  CHECK(outcome.find("TLS: the certificate is not accepted: self-signed certificate") != std::string::npos);
  CHECK(server.begun() == 0);
}

TEST_CASE("a certificate for another host is not accepted") {
  const HttpServer server{HttpServer::Scheme::https, "127.0.0.2"};
  CHECK(HttpBench(with_host(server, "127.0.0.2"), trusting(server)).run().find("IP address mismatch") !=
        std::string::npos);
  CHECK(server.begun() == 0);
}

TEST_CASE("an address in the certificate is accepted as the host") {
  const HttpServer server{HttpServer::Scheme::https};
  CHECK(HttpBench(with_host(server, "127.0.0.1"), trusting(server)).run() == "done");
}

TEST_CASE("a server that speaks no TLS is unavailable, and so is one that expects it") {
  const HttpServer plain;
  CHECK(HttpBench(with_host(plain, "127.0.0.1")).run().find("TLS: no agreement") != std::string::npos);
  const HttpServer encrypted{HttpServer::Scheme::https};
  const std::string url = "http://127.0.0.1:" + std::to_string(encrypted.port()) + "/";
  CHECK(HttpBench(url).run().starts_with("retry: "));
}

TEST_CASE("authorities that cannot be read make the backend unavailable") {
  const TempDirectory directory;
  directory.write("empty.pem", "");
  const auto with = [&](const std::string& file) {
    return HttpBench("https://127.0.0.1/", [&](HttpOptions& options) { options.ca_file = directory / file; })
        .open();
  };
  CHECK(with("missing.pem").find("missing.pem") != std::string::npos);
  CHECK(with("empty.pem").find("expected certificates in PEM form") != std::string::npos);
}

TEST_CASE("limits and endings are the same under TLS") {
  const HttpServer server{HttpServer::Scheme::https};
  const auto run = [&](const std::string& path) {
    return HttpBench(server.url(path),
                     [&](HttpOptions& options) {
                       options.ca_file = server.certificate_file();
                       options.timeout = path == "/hang" ? 100ms : 30s;
                       options.response_bytes_max = 1'000'000;
                     })
        .run();
  };
  CHECK(run("/flood") == "done");
  CHECK(run("/hang").ends_with("no answer came within 100ms"));
  CHECK(run("/partial").starts_with("retry: "));
  CHECK(run("/reset-after-read").starts_with("retry: "));
  CHECK(run("/status/502").starts_with("unavailable: HTTP 502"));
}
