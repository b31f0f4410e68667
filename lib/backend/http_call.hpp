#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "backend/http_address_policy.hpp"
#include "backend/http_connection.hpp"
#include "backend/http_pool.hpp"
#include "backend/http_resolver.hpp"

namespace spoold {

// One request and everything that is done for it: a kept connection or a new one, the limits of time, and
// being interrupted. Lives on the loop's thread, in a shared_ptr.
class HttpCall : public std::enable_shared_from_this<HttpCall> {
 public:
  struct Terms {
    std::chrono::nanoseconds timeout{};          // of everything
    std::chrono::nanoseconds connect_timeout{};  // of look-up, connection and TLS together
    HttpLimits limits;
    std::shared_ptr<boost::asio::ssl::context> tls;
  };

  // Pool, resolver and policy must outlive the call.
  HttpCall(const boost::asio::any_io_executor& loop, HttpPool& pool, HttpResolver& resolver,
           const HttpAddressPolicy& policy, HttpRequest request, Terms terms);

  [[nodiscard]] boost::asio::awaitable<HttpAnswer> run();

  // Ends it soon, as interrupted.
  void interrupt(std::string why);

 private:
  using Time = std::chrono::steady_clock::time_point;
  using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;
  struct Lookup;

  boost::asio::awaitable<HttpAnswer> perform();
  boost::asio::awaitable<std::optional<HttpFailure>> connect();
  boost::asio::awaitable<std::variant<Endpoints, HttpFailure>> resolve();
  boost::asio::awaitable<std::optional<HttpFailure>> connect_to_one_of(Endpoints endpoints, Time until);
  boost::asio::awaitable<HttpExchange> exchange();
  [[nodiscard]] HttpAnswer conclude(HttpExchange exchange);
  [[nodiscard]] HttpFailure unreachable(const std::string& why) const;
  [[nodiscard]] std::optional<HttpFailure> stopped() const;

  // From now on until `at`; what is awaited then ends. Replaces the former limit.
  void limit(Time at);
  void abandon();

  boost::asio::any_io_executor loop_;
  HttpPool& pool_;
  HttpResolver& resolver_;
  const HttpAddressPolicy& policy_;
  HttpRequest request_;
  Terms terms_;
  Time deadline_{};
  boost::asio::steady_timer timer_;
  std::uint64_t turn_ = 0;  // of the limit that holds: a timer that was replaced may still come
  bool timed_out_ = false;
  std::optional<std::string> interrupted_;  // why
  std::shared_ptr<Lookup> lookup_;
  std::unique_ptr<HttpConnection> connection_;
};

}  // namespace spoold
