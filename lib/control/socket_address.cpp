#include "control/socket_address.hpp"

#include <cstring>
#include <string>

#include "base/ensure.hpp"
#include "control/protocol.hpp"

namespace spoold {

ControlSocketAddress::ControlSocketAddress(int queue_fd) {
  const std::string path = "/proc/self/fd/" + std::to_string(queue_fd) + "/" + control_socket_name;
  ensure(path.size() < sizeof address.sun_path, "a path through /proc fits into an address");
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
}

}  // namespace spoold
