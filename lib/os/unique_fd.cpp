#include "os/unique_fd.hpp"

#include <unistd.h>

namespace spoold {

void UniqueFd::reset(int fd) {
  // The error of close() is not looked at: on Linux the descriptor is gone either way (close(2)), and whoever
  // needs the data durable has called fsync before.
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

}  // namespace spoold
