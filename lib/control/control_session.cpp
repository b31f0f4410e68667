#include "control/control_session.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace spoold {

namespace asio = boost::asio;

namespace {

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

}  // namespace

ControlSession::ControlSession(asio::local::stream_protocol::socket socket,
                               std::chrono::nanoseconds client_time)
    : socket_(std::move(socket)), timer_(socket_.get_executor()), client_time_(client_time) {}

void ControlSession::limit_time() {
  timer_.expires_after(client_time_);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& problem) {
    const auto session = weak.lock();
    if (problem || !session) return;
    // Moved on meanwhile, with this call already on its way.
    if (session->timer_.expiry() > asio::steady_timer::clock_type::now()) return;
    boost::system::error_code ignored;
    session->socket_.close(ignored);
  });
}

asio::awaitable<std::optional<std::string>> ControlSession::receive_line() {
  limit_time();
  for (;;) {
    const std::size_t end = received_.find('\n');
    // Whether its end has been read with it or not: the client must see the same.
    if (std::min(end, received_.size()) > control_request_bytes_max) {
      const auto too_long = parse_control_request(std::string_view{received_}.substr(0, end));
      static_cast<void>(co_await send(format_control_refusal(too_long.error())));
      co_return std::nullopt;
    }
    if (end != std::string::npos) {
      timer_.cancel();
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      co_return line;
    }
    const auto [problem, count] = co_await socket_.async_read_some(asio::buffer(buffer_), as_values);
    if (problem) co_return std::nullopt;
    received_.append(buffer_.data(), count);
  }
}

asio::awaitable<bool> ControlSession::send(std::string line) {
  limit_time();
  const auto [problem, count] = co_await asio::async_write(socket_, asio::buffer(line), as_values);
  timer_.cancel();
  co_return !problem;
}

bool ControlSession::may_control() {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == ::geteuid();
}

asio::awaitable<void> run_control_session(std::shared_ptr<ControlSession> session,
                                          ControlServer::Handler handler,
                                          std::shared_ptr<const void> /*counted*/) {
  if (!session->may_control()) {
    const Error error{ErrorKind::no_permission, "only the daemon's own user and root may control it"};
    static_cast<void>(co_await session->send(format_control_refusal(error)));
    co_return;
  }
  for (;;) {
    const std::optional<std::string> line = co_await session->receive_line();
    if (!line) co_return;
    auto request = parse_control_request(*line);
    std::string answer;
    if (request) {
      auto asked = handler(std::move(*request));
      const Result<Json> members = co_await std::move(asked);
      answer = members ? format_control_answer(*members) : format_control_refusal(members.error());
    } else {
      answer = format_control_refusal(request.error());
    }
    const bool sent = co_await session->send(std::move(answer));
    if (!sent) co_return;
  }
}

asio::awaitable<void> refuse_control_session(std::shared_ptr<ControlSession> session, Error error) {
  static_cast<void>(co_await session->send(format_control_refusal(error)));
}

}  // namespace spoold
