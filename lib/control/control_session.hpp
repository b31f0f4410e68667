#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "control/server.hpp"

namespace spoold {

// One client's connection. Lives on the loop's thread.
class ControlSession : public std::enable_shared_from_this<ControlSession> {
 public:
  ControlSession(boost::asio::local::stream_protocol::socket socket, std::chrono::nanoseconds client_time);

  // The next line; nothing once the client has gone, is too slow, or sends a line that is too long (which it
  // is told).
  [[nodiscard]] boost::asio::awaitable<std::optional<std::string>> receive_line();
  // False if the client has gone or is too slow.
  [[nodiscard]] boost::asio::awaitable<bool> send(std::string line);

  // By the kernel's word: it runs as the daemon's user or as root.
  [[nodiscard]] bool may_control();

 private:
  void limit_time();

  boost::asio::local::stream_protocol::socket socket_;
  boost::asio::steady_timer timer_;
  std::chrono::nanoseconds client_time_;
  std::string received_;  // and not yet taken as lines
  std::array<char, 4096> buffer_{};
};

// Answers request after request until the client goes. `counted` is held as long.
[[nodiscard]] boost::asio::awaitable<void> run_control_session(std::shared_ptr<ControlSession> session,
                                                               ControlServer::Handler handler,
                                                               std::shared_ptr<const void> counted);
[[nodiscard]] boost::asio::awaitable<void> refuse_control_session(std::shared_ptr<ControlSession> session,
                                                                  Error error);

}  // namespace spoold
