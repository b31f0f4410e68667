#include <arpa/inet.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "backend/http_bench.hpp"
#include "os/unique_fd.hpp"

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

// What a server may do to its client: every limit of time and bytes holds.

namespace {

std::string run(const HttpServer& server, const std::string& path, const HttpBench::Change& change = {}) {
  return HttpBench(server.url(path), change).run();
}

void hurry(HttpOptions& options) {
  options.timeout = 100ms;
}

// Takes connections as far as the kernel does, and never looks at them.
class DeafListener {
 public:
  explicit DeafListener(int backlog) {
    ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_);
    ::listen(socket_.get(), backlog);
    socklen_t size = sizeof address_;
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address_), &size);
  }
  // Until the kernel takes no more.
  void fill() {
    for (int i = 0; i < 8; ++i) {
      others_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      static_cast<void>(
          ::connect(others_.back().get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_));
    }
  }
  [[nodiscard]] std::string url(const std::string& scheme) const {
    return scheme + "://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)) + "/";
  }

 private:
  UniqueFd socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address_{AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {}};
  std::vector<UniqueFd> others_;
};

}  // namespace

TEST_CASE("an endless body is read up to the limit, and the effect counts") {
  const HttpServer server;
  HttpBench bench(server.url("/flood"), [](HttpOptions& options) { options.response_bytes_max = 1'000'000; });
  const Json receipt = bench.receipt();
  CHECK(receipt["body_truncated"] == true);
  CHECK(receipt["body"].get<std::string>().size() == 64 * 1024);
}

TEST_CASE("an endless body cannot be checked, so what is expected of it is not met") {
  const HttpServer server;
  CHECK(run(server, "/flood", [](HttpOptions& options) {
          options.response_bytes_max = 1'000'000;
          options.expect = {HttpExpectation{}};
        }) == "retry: the answer is no JSON: it is over max_response_bytes");
}

TEST_CASE("a receipt keeps the beginning of a large body") {
  const HttpServer server;
  HttpBench bench(server.url("/bytes/100000"),
                  [](HttpOptions& options) { options.receipt_bytes_max = 1000; });
  const Json receipt = bench.receipt();
  CHECK(receipt["body"] == std::string(1000, 'x'));
  CHECK(receipt["body_truncated"] == true);
  CHECK(HttpBench(server.url("/bytes/1000")).receipt()["body_truncated"] == false);
}

TEST_CASE("a header beyond the limit is no answer") {
  const HttpServer server;
  CHECK(run(server, "/huge-header").find("retry: ") == 0);
  CHECK(run(server, "/huge-header").find("its header is over max_header_bytes") != std::string::npos);
}

TEST_CASE("interim answers come before the answer, but not for ever") {
  const HttpServer server;
  CHECK(run(server, "/interim") == "done");
  CHECK(run(server, "/interim-flood").find("over 16 interim answers") != std::string::npos);
}

TEST_CASE("whoever trickles runs into the timeout, in the header or the body") {
  const HttpServer server;
  const std::string slow = run(server, "/slow", hurry);
  CHECK(slow.starts_with("retry: HTTP 200 OK"));
  CHECK(slow.ends_with("broke off: it did not end within 100ms"));
  CHECK(run(server, "/slow-header", hurry).ends_with("no answer came within 100ms"));
}

TEST_CASE("a timeout after sending is tried again") {
  const HttpServer server;
  CHECK(run(server, "/hang", hurry) ==
        "retry: 127.0.0.1:" + std::to_string(server.port()) + ": no answer came within 100ms");
}

TEST_CASE("a route's timeout is over the backend's") {
  const HttpServer server;
  HttpBench bench(server.url("/hang"));
  bench.timeout = 50ms;
  CHECK(bench.run().ends_with("no answer came within 50ms"));
}

TEST_CASE("a connection lost after sending is tried again") {
  const HttpServer server;
  for (const char* path : {"/close-after-read", "/reset-after-read", "/partial", "/garbage"}) {
    CAPTURE(path);
    CHECK(run(server, path).starts_with("retry: "));
  }
}

TEST_CASE("what cannot be reached is unavailable") {
  HttpServer server;
  server.stop();
  CHECK(run(server, "/echo") ==
        "unavailable: 127.0.0.1:" + std::to_string(server.port()) + ": 127.0.0.1: Connection refused");
  CHECK(HttpBench("http://" + std::string(70, 'a') + ".example/").run().find("its address was not found") !=
        std::string::npos);
}

TEST_CASE("a connection that does not come about is unavailable") {
  DeafListener listener(0);
  listener.fill();
  HttpBench bench(listener.url("http"), [](HttpOptions& options) { options.connect_timeout = 100ms; });
  CHECK(bench.run().ends_with(": 127.0.0.1: no connection in time"));
}

TEST_CASE("a TLS handshake that is not answered is unavailable") {
  const DeafListener listener(10);
  HttpBench bench(listener.url("https"), [](HttpOptions& options) { options.connect_timeout = 100ms; });
  CHECK(bench.run().starts_with("unavailable: "));
}

TEST_CASE("a host that the entry chose is judged by the address it leads to") {
  const HttpServer server;
  const auto to_localhost = [&](std::vector<std::string> hosts) {
    HttpBench bench("{{url}}", [&](HttpOptions& options) { options.allow_hosts = std::move(hosts); });
    const std::string url = "http://localhost:" + std::to_string(server.port()) + "/echo";
    return HttpBench::describe(bench.attempt_document(R"({"operation":"x","url":")" + url + "\"}"));
  };
  CHECK(to_localhost({"localhost"}).find("is not on the public Internet") != std::string::npos);
  CHECK(to_localhost({"localhost"}).starts_with("reject: "));
  CHECK(server.begun() == 0);
  CHECK(to_localhost({"localhost", "127.0.0.0/8", "::1"}) == "done");
}

TEST_CASE("where the entry chose the host, an outage is its own") {
  HttpServer server;
  HttpBench bench("{{url}}", [](HttpOptions& options) { options.allow_hosts = {"127.0.0.1"}; });
  const auto to = [&](const std::string& path) {
    return HttpBench::describe(
        bench.attempt_document(R"({"operation":"x","url":")" + server.url(path) + "\"}"));
  };
  CHECK(to("/status/502").starts_with("retry: HTTP 502"));
  CHECK(to("/status/410").starts_with("reject: HTTP 410"));
  server.stop();
  CHECK(to("/echo").starts_with("retry: "));
}

TEST_CASE("stopping ends every call at once, wherever it has come to") {
  const HttpServer server;
  const DeafListener listener(10);
  for (const std::string& url :
       {server.url("/hang"), server.url("/slow"), server.url("/flood"), listener.url("https")}) {
    HttpBench bench(url, [](HttpOptions& options) {
      options.concurrency = 3;
      options.response_bytes_max = 1ULL << 40U;
    });
    const std::size_t begun = server.begun();
    const auto outcomes = bench.run_at_once(3, [&] {
      if (url.starts_with("http:")) bench.run_until([&] { return server.begun() == begun + 3; });
      bench.backend().stop();
      bench.backend().stop();
    });
    CHECK(outcomes == std::vector<std::string>(3, "interrupted: the worker stops"));
    CHECK(bench.run() == "interrupted: the worker stops");
  }
}

TEST_CASE("one call is ended by its entry's id, and no other") {
  const HttpServer server;
  HttpBench bench(server.url("/hang"), [](HttpOptions& options) { options.concurrency = 3; });
  const std::size_t begun = server.begun();
  const std::uint64_t first = bench.last_seq() + 1;
  const auto outcomes = bench.run_at_once(3, [&] {
    bench.run_until([&] { return server.begun() == begun + 3; });
    bench.backend().interrupt(first + 1);
    bench.backend().interrupt(first + 77);
    bench.run_until([&] { return bench.ended() == 1; });
    bench.backend().stop();
  });
  CHECK(outcomes == std::vector<std::string>{"interrupted: the worker stops", "interrupted: it was cancelled",
                                             "interrupted: the worker stops"});
}
