#include "os/file_lock.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <thread>

#include "os/ownership.hpp"

namespace spoold {

namespace {

// -1 where the holder could not write it.
pid_t read_pid(int fd) {
  std::array<char, 32> text{};
  const ssize_t length = ::pread(fd, text.data(), text.size(), 0);
  pid_t pid = 0;
  if (length > 0) std::from_chars(text.data(), text.data() + length, pid);
  return pid > 0 ? pid : -1;
}

Error held_by(pid_t pid) {
  std::string context = "the queue is held by another spoold";
  if (pid > 0) context += ", pid " + std::to_string(pid);
  return Error{ErrorKind::busy, std::move(context)};
}

// Takes the lock exclusively. Somebody who only looks (holder()) has it shared for an instant, and must not
// keep a daemon from starting: where a shared lock is to be had, nobody holds it, and it is worth another
// try. The limit only guards against a crowd of lookers. Returns errno.
int lock_exclusively(int fd) {
  for (int tries = 0; tries < 1000; ++tries) {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return 0;
    if (errno != EWOULDBLOCK) return errno;
    if (::flock(fd, LOCK_SH | LOCK_NB) != 0) return errno;
    ::flock(fd, LOCK_UN);
    ::sched_yield();
  }
  return EWOULDBLOCK;
}

// A daemon that was killed while it started a command leaves a child that has its descriptors until its exec.
// Who holds the lock then is dead, by the pid in the file, and the lock about to be free: worth some waiting.
int lock_after_the_dead(int fd) {
  constexpr auto longest = std::chrono::seconds{2};
  const auto deadline = std::chrono::steady_clock::now() + longest;
  for (;;) {
    const int number = lock_exclusively(fd);
    if (number != EWOULDBLOCK) return number;
    const pid_t holder = read_pid(fd);
    const bool dead = holder > 0 && ::kill(holder, 0) != 0 && errno == ESRCH;
    if (!dead || std::chrono::steady_clock::now() > deadline) return number;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
}

}  // namespace

Result<FileLock> FileLock::take(int directory_fd, const std::string& name) {
  UniqueFd fd{::openat(directory_fd, name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!fd) return system_error(errno, "open the lock", name);
  SPOOLD_TRY(give_to_owner_of(directory_fd, name));
  if (const int number = lock_after_the_dead(fd.get()); number != 0) {
    if (number != EWOULDBLOCK) return system_error(number, "lock", name);
    return held_by(read_pid(fd.get()));
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
