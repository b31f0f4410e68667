#pragma once

#include <sys/socket.h>
#include <sys/un.h>

namespace spoold {

// The address of the control socket in a directory that is open. sun_path takes 107 bytes, a queue's path may
// be longer, so it is reached through the descriptor, by way of /proc.
struct ControlSocketAddress {
  explicit ControlSocketAddress(int queue_fd);

  [[nodiscard]] const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&address);  // NOLINT(*-reinterpret-cast): as bind(2) asks for it
  }
  static constexpr socklen_t size = sizeof(sockaddr_un);

  sockaddr_un address{};
};

}  // namespace spoold
