#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/temp_directory.hpp"

namespace spoold::test {

// A running test_http_server (http_server_main.cpp says what it can do), killed at destruction. Faults of the
// test's own machinery throw.
class HttpServer {
 public:
  enum class Scheme { http, https };
  explicit HttpServer(Scheme scheme = Scheme::http, const std::string& listen = "127.0.0.1");
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // "http://127.0.0.1:PORT<path>"; https: "https://localhost:PORT<path>".
  [[nodiscard]] std::string url(const std::string& path) const;
  // What a client trusts the server by; a file in PEM form.
  [[nodiscard]] std::string certificate_file() const { return directory_ / "certificate.pem"; }

  // From now on (http only): {"status":502}, {"delay_ms":50}, {"hold":true} no answer for now, {} by path
  // again.
  void control(const std::string& json) const;

  // A request that has ended; times of CLOCK_MONOTONIC in nanoseconds.
  struct Request {
    int number = 0;  // in the order they came, from 1
    int connection = 0;
    std::string method;
    std::string target;
    std::string key;  // Idempotency-Key
    std::int64_t start = 0;
    std::int64_t end = 0;
    int status = 0;
    bool left = false;  // the other side went before the answer
  };
  // How many have come, be they ended or not.
  [[nodiscard]] std::size_t begun() const;
  void wait_for_begun(std::size_t count) const;
  // In the order they ended.
  [[nodiscard]] std::vector<Request> requests() const;
  // The most requests that were with the server at one instant.
  [[nodiscard]] static std::size_t most_at_once(const std::vector<Request>& requests);

  // Nobody listens at the port any more; start() makes it the same one again.
  void stop();
  void start();

 private:
  TempDirectory directory_;
  Scheme scheme_;
  std::string listen_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace spoold::test
