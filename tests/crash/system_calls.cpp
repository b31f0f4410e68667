#include "crash/system_calls.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>

namespace spoold::test {

namespace {

struct State {
  bool counting = false;
  bool struck = false;
  std::size_t nth = 0;
  int number = 0;
  int exit_status = -1;
  SystemCalls::Times times = SystemCalls::Times::once;
  bool shortened = false;
  bool interrupted = false;  // the last one was
  std::vector<std::string> made;
};

State& state() {
  static State one;
  return one;
}

// The errno to fail with, or 0.
int meet(const char* call) {
  State& now = state();
  if (!now.counting) return 0;
  now.made.emplace_back(call);
  const std::size_t count = now.made.size();
  const bool it = count == now.nth || (now.times == SystemCalls::Times::onwards && count > now.nth);
  if (now.nth == 0 || !it) return 0;
  now.struck = true;
  if (now.exit_status >= 0) ::_exit(now.exit_status);
  return now.number;
}

bool interrupts() {
  State& now = state();
  if (!now.counting || !now.shortened) return false;
  now.interrupted = !now.interrupted;
  return now.interrupted;
}

}  // namespace

SystemCalls::SystemCalls() {
  state() = State{};
  state().made.reserve(1000);
  state().counting = true;
}

SystemCalls::~SystemCalls() {
  state().counting = false;
}

void SystemCalls::fail(std::size_t nth, int number, Times times) {
  state().nth = nth;
  state().number = number;
  state().times = times;
}

void SystemCalls::exit_at(std::size_t nth, int status) {
  state().nth = nth;
  state().exit_status = status;
}

void SystemCalls::shorten() {
  state().shortened = true;
}

bool SystemCalls::struck() const {
  return state().struck;
}

const std::vector<std::string>& SystemCalls::made() const {
  return state().made;
}

}  // namespace spoold::test

using spoold::test::interrupts;
using spoold::test::meet;

#define SPOOLD_FAIL_IF_ORDERED(call)                \
  if (const int number = meet(call); number != 0) { \
    errno = number;                                 \
    return -1;                                      \
  }

extern "C" {

int openat(int directory, const char* path, int flags, ...) {
  SPOOLD_FAIL_IF_ORDERED("openat")
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return static_cast<int>(::syscall(SYS_openat, directory, path, flags, mode));
}

ssize_t read(int fd, void* bytes, size_t size) {
  SPOOLD_FAIL_IF_ORDERED("read")
  if (interrupts()) {
    errno = EINTR;
    return -1;
  }
  return ::syscall(SYS_read, fd, bytes, size);
}

ssize_t write(int fd, const void* bytes, size_t size) {
  SPOOLD_FAIL_IF_ORDERED("write")
  if (interrupts()) {
    errno = EINTR;
    return -1;
  }
  const bool shortened = spoold::test::state().counting && spoold::test::state().shortened;
  return ::syscall(SYS_write, fd, bytes, shortened ? std::min<size_t>(size, 3) : size);
}

int fsync(int) {
  SPOOLD_FAIL_IF_ORDERED("fsync")
  return 0;
}

int sync_file_range(int, off_t, off_t, unsigned) {
  SPOOLD_FAIL_IF_ORDERED("sync_file_range")
  return 0;
}

int close(int fd) {
  const int number = meet("close");
  const int result = static_cast<int>(::syscall(SYS_close, fd));
  if (number == 0) return result;
  errno = number;
  return -1;
}

int renameat2(int from, const char* old_name, int to, const char* new_name, unsigned flags) noexcept {
  SPOOLD_FAIL_IF_ORDERED("renameat2")
  return static_cast<int>(::syscall(SYS_renameat2, from, old_name, to, new_name, flags));
}

int renameat(int from, const char* old_name, int to, const char* new_name) noexcept {
  SPOOLD_FAIL_IF_ORDERED("renameat")
  return static_cast<int>(::syscall(SYS_renameat2, from, old_name, to, new_name, 0));
}

int unlinkat(int directory, const char* path, int flags) noexcept {
  SPOOLD_FAIL_IF_ORDERED("unlinkat")
  return static_cast<int>(::syscall(SYS_unlinkat, directory, path, flags));
}

int fstatat(int directory, const char* path, struct stat* status, int flags) noexcept {
  SPOOLD_FAIL_IF_ORDERED("fstatat")
  return static_cast<int>(::syscall(SYS_newfstatat, directory, path, status, flags));
}

}  // extern "C"
