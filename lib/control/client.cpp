#include "control/client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/time.hpp"
#include "control/socket_address.hpp"
#include "os/unique_fd.hpp"

namespace spoold {

namespace {

// One exchange over a socket that never blocks by itself.
class Exchange {
 public:
  explicit Exchange(std::chrono::nanoseconds timeout)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
        deadline_(std::chrono::steady_clock::now() + timeout) {}

  [[nodiscard]] Result<void> connect(int queue_fd) {
    if (!socket_) return system_error(errno, "make a socket for", "the daemon");
    const ControlSocketAddress address(queue_fd);
    while (::connect(socket_.get(), address.get(), ControlSocketAddress::size) != 0) {
      // Its backlog is full: nothing tells when there is room again.
      if (errno == EAGAIN) {
        if (is_over()) return too_late();
        ::poll(nullptr, 0, 10);
        continue;
      }
      if (errno == EINTR) continue;
      if (errno == ENOENT || errno == ECONNREFUSED) return Error{ErrorKind::not_found, "no daemon listens"};
      return system_error(errno, "connect to", control_socket_name);
    }
    return {};
  }

  [[nodiscard]] Result<void> send(std::string_view line) {
    while (!line.empty()) {
      const auto sent = ::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        line.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EAGAIN) {
        SPOOLD_TRY(wait_for(POLLOUT));
      } else if (errno != EINTR) {
        return cut_off();
      }
    }
    return {};
  }

  // Without its newline.
  [[nodiscard]] Result<std::string> receive_line() {
    std::string line;
    std::array<char, 65536> buffer;
    while (true) {
      const auto count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (count == 0) return cut_off();
      if (count < 0) {
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return cut_off();
        if (auto waited = wait_for(POLLIN); !waited) return waited.error();
        continue;
      }
      const auto end = std::find(buffer.begin(), buffer.begin() + count, '\n');
      line.append(buffer.begin(), end);
      if (end != buffer.begin() + count) return line;
      if (line.size() > control_answer_bytes_max) {
        return Error{ErrorKind::too_large, "the daemon's answer does not end"};
      }
    }
  }

 private:
  [[nodiscard]] bool is_over() const { return std::chrono::steady_clock::now() >= deadline_; }

  [[nodiscard]] static Error too_late() { return {ErrorKind::busy, "the daemon did not answer in time"}; }
  [[nodiscard]] static Error cut_off() {
    return {ErrorKind::not_found, "the daemon ended before it answered"};
  }

  [[nodiscard]] Result<void> wait_for(short events) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
    if (left.count() <= 0) return too_late();
    pollfd ready{socket_.get(), events, 0};
    if (::poll(&ready, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000))) == 0 && is_over()) {
      return too_late();
    }
    return {};
  }

  UniqueFd socket_;
  MonotonicTime deadline_;
};

}  // namespace

Result<Json> ask_daemon(int queue_fd, const ControlRequest& request, std::chrono::nanoseconds timeout) {
  Exchange exchange(timeout);
  if (auto connected = exchange.connect(queue_fd); !connected) return connected.error();
  // One that refuses at once (too many ask) has answered before it closes: the answer tells more.
  const auto sent = exchange.send(format_control_request(request));
  const auto line = exchange.receive_line();
  if (!line) return sent ? line.error() : sent.error();
  return parse_control_answer(*line);
}

}  // namespace spoold
