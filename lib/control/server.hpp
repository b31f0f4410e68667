#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "control/protocol.hpp"

namespace spoold {

struct ControlServerOptions {
  std::size_t connections_max = 32;  // those beyond are told so and closed
  // A client that takes longer to send a request, or to take an answer, is dropped.
  std::chrono::nanoseconds client_time = std::chrono::seconds{5};
};

// The daemon's end of the control socket: `<queue>/control.sock`, mode 0600, and only for the daemon's own
// user and root. Lives on the loop's thread and never blocks it.
class ControlServer {
 public:
  // Answers a request with the members of an answer, or refuses it.
  using Handler = std::function<boost::asio::awaitable<Result<Json>>(ControlRequest)>;

  // Listens from now on. What a dead daemon left there is removed first. REQUIRES: the queue's lock is held;
  // `queue_fd`, its directory, stays open as long as this.
  [[nodiscard]] static Result<std::unique_ptr<ControlServer>> open(const boost::asio::any_io_executor& loop,
                                                                   int queue_fd, Handler handler,
                                                                   const ControlServerOptions& options = {});
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  // Takes no more connections and removes the socket. Answers under way go on as long as the loop runs.
  ~ControlServer();

 private:
  class Listener;
  ControlServer(std::shared_ptr<Listener> listener, int queue_fd);

  std::shared_ptr<Listener> listener_;
  int queue_fd_;
};

}  // namespace spoold
