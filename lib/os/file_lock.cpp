#include "os/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace spoold {

namespace {

pid_t read_pid(int fd) {
  std::array<char, 32> text{};
  const ssize_t length = ::pread(fd, text.data(), text.size(), 0);
  pid_t pid = 0;
  if (length > 0) std::from_chars(text.data(), text.data() + length, pid);
  return pid;
}

}  // namespace

Result<FileLock> FileLock::take(int directory_fd, const std::string& name) {
  UniqueFd fd{::openat(directory_fd, name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!fd) return system_error(errno, "open the lock", name);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error(errno, "lock", name);
    return Error{ErrorKind::busy,
                 "the queue is held by another spoold, pid " + std::to_string(read_pid(fd.get()))};
  }
  // The pid is for people; a full disk must not keep the daemon from starting, so a failed write is let pass.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd.get(), 0) == 0) [[maybe_unused]]
    const ssize_t written = ::pwrite(fd.get(), pid.data(), pid.size(), 0);
  return FileLock{std::move(fd)};
}

Result<pid_t> FileLock::holder(int directory_fd, const std::string& name) {
  UniqueFd fd{::openat(directory_fd, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
  if (!fd) {
    if (errno == ENOENT) return pid_t{0};
    return system_error(errno, "open the lock", name);
  }
  if (::flock(fd.get(), LOCK_SH | LOCK_NB) == 0) return pid_t{0};
  if (errno != EWOULDBLOCK) return system_error(errno, "look at the lock", name);
  return read_pid(fd.get());
}

}  // namespace spoold
