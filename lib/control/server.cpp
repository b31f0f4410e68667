#include "control/server.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

#include "base/run_on.hpp"
#include "control/control_session.hpp"
#include "control/socket_address.hpp"
#include "os/unique_fd.hpp"

namespace spoold {

namespace asio = boost::asio;
using asio::local::stream_protocol;

namespace {

constexpr int backlog = 64;
constexpr auto accept_pause = std::chrono::milliseconds{200};  // when there are no descriptors left
constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

Result<UniqueFd> listen_in(int queue_fd) {
  if (::unlinkat(queue_fd, control_socket_name, 0) != 0 && errno != ENOENT) {
    return system_error(errno, "remove", control_socket_name);
  }
  UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket) return system_error(errno, "make", control_socket_name);
  // Set before bind(2), so that the name never stands there with another mode.
  if (::fchmod(socket.get(), 0600) != 0) return system_error(errno, "set the mode of", control_socket_name);
  const ControlSocketAddress address(queue_fd);
  if (::bind(socket.get(), address.get(), ControlSocketAddress::size) != 0) {
    return system_error(errno, "make", control_socket_name);
  }
  if (::listen(socket.get(), backlog) != 0) return system_error(errno, "listen on", control_socket_name);
  return socket;
}

}  // namespace

class ControlServer::Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(const asio::any_io_executor& loop, Handler handler, const ControlServerOptions& options)
      : loop_(loop), acceptor_(loop), timer_(loop), handler_(std::move(handler)), options_(options) {}

  [[nodiscard]] Result<void> listen(UniqueFd socket) {
    boost::system::error_code problem;
    acceptor_.assign(stream_protocol{}, socket.get(), problem);
    if (problem) return system_error(problem.value(), "watch", control_socket_name);
    static_cast<void>(socket.release());
    return {};
  }

  void start() { spawn(loop_, accept_all(shared_from_this())); }

  void close() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    timer_.cancel();
  }

 private:
  asio::awaitable<void> accept_all(std::shared_ptr<Listener> /*keeps this*/) {
    while (acceptor_.is_open()) {
      auto [problem, socket] = co_await acceptor_.async_accept(as_values);
      if (!problem) {
        begin(std::move(socket));
      } else if (acceptor_.is_open() && problem != asio::error::connection_aborted) {
        timer_.expires_after(accept_pause);
        co_await timer_.async_wait(as_values);
      }
    }
  }

  void begin(stream_protocol::socket socket) {
    const bool too_many = sessions_.use_count() > static_cast<long>(options_.connections_max);
    auto session = std::make_shared<ControlSession>(std::move(socket), options_.client_time);
    if (too_many) {
      const Error error{ErrorKind::busy, "too many ask the daemon at once; try again"};
      spawn(loop_, refuse_control_session(std::move(session), error));
    } else {
      spawn(loop_, run_control_session(std::move(session), handler_, sessions_));
    }
  }

  asio::any_io_executor loop_;
  stream_protocol::acceptor acceptor_;
  asio::steady_timer timer_;
  Handler handler_;
  ControlServerOptions options_;
  std::shared_ptr<const void> sessions_ =
      std::make_shared<const int>(0);  // each holds it: its count is theirs
};

ControlServer::ControlServer(std::shared_ptr<Listener> listener, int queue_fd)
    : listener_(std::move(listener)), queue_fd_(queue_fd) {}

Result<std::unique_ptr<ControlServer>> ControlServer::open(const asio::any_io_executor& loop, int queue_fd,
                                                           Handler handler,
                                                           const ControlServerOptions& options) {
  auto socket = listen_in(queue_fd);
  if (!socket) return socket.error();
  auto listener = std::make_shared<Listener>(loop, std::move(handler), options);
  if (auto listening = listener->listen(std::move(*socket)); !listening) return listening.error();
  listener->start();
  return std::unique_ptr<ControlServer>{new ControlServer{std::move(listener), queue_fd}};
}

ControlServer::~ControlServer() {
  listener_->close();
  ::unlinkat(queue_fd_, control_socket_name, 0);
}

}  // namespace spoold
