#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <string>

#include "backend/http_connection.hpp"

namespace spoold {

// Connections that are kept for the next request to the same origin. One thread, the loop's.
class HttpPool {
 public:
  // Each is kept for `keep_alive`, and no more than `connections_max` at a time: the oldest goes first.
  HttpPool(const boost::asio::any_io_executor& loop, std::chrono::nanoseconds keep_alive,
           std::size_t connections_max);
  HttpPool(const HttpPool&) = delete;
  HttpPool& operator=(const HttpPool&) = delete;
  ~HttpPool();

  // The one used last, if any is still open; nothing otherwise.
  [[nodiscard]] std::unique_ptr<HttpConnection> take(const std::string& origin);
  void put(const std::string& origin, std::unique_ptr<HttpConnection> connection);
  void clear();
  [[nodiscard]] std::size_t size() const;

 private:
  struct Kept;
  struct State;
  static void watch(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;
};

}  // namespace spoold
