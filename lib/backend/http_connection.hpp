#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>

#include "backend/http_request.hpp"
#include "backend/http_response.hpp"
#include "backend/http_tls.hpp"

namespace spoold {

// How much of an answer is taken, in bytes.
struct HttpLimits {
  std::uint64_t header = 0;
  std::uint64_t body = 0;  // read at all
  std::uint64_t kept = 0;  // of the body, in memory
};

// What became of one request on one connection.
struct HttpExchange {
  std::optional<HttpResponse> response;
  std::string trouble;    // why there is none
  bool answered = false;  // some byte of an answer came
  bool closed = false;    // the trouble is that the other side closed or reset the connection
};

// One connection to one address, plain or TLS. Has no deadlines: close() from elsewhere on the loop ends
// whatever is awaited, with an error.
class HttpConnection {
 public:
  // With a TLS context it speaks TLS.
  HttpConnection(const boost::asio::any_io_executor& loop, std::shared_ptr<boost::asio::ssl::context> tls);
  ~HttpConnection();

  // Connects, and shakes hands for `host`, to which the certificate must belong. Says why not.
  [[nodiscard]] boost::asio::awaitable<std::optional<std::string>> connect(
      boost::asio::ip::tcp::endpoint endpoint, std::string host);

  // Sends a request and reads the answer. The request must stay until it returns.
  [[nodiscard]] boost::asio::awaitable<HttpExchange> exchange(const HttpRequest& request, HttpLimits limits);

  // The last answer ended where it should, and the server keeps the connection.
  [[nodiscard]] bool is_reusable() const { return reusable_; }
  // Nothing has come since, not even an end.
  [[nodiscard]] bool is_quiet() const;
  void close();

 private:
  struct Streams;
  std::shared_ptr<boost::asio::ssl::context> tls_;  // outlives the stream
  std::unique_ptr<Streams> streams_;
  bool reusable_ = false;
};

}  // namespace spoold
