#include "simulation/virtual_time.hpp"

#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

namespace spoold::test {

namespace {

constexpr std::int64_t billion = 1'000'000'000;
// Nanoseconds of CLOCK_MONOTONIC; negative: the true ones.
std::int64_t monotonic = -1;

}  // namespace

VirtualTime::VirtualTime() {
  monotonic = 1000 * billion;
}

VirtualTime::~VirtualTime() {
  monotonic = -1;
}

MonotonicTime VirtualTime::monotonic_now() const {
  return MonotonicTime{std::chrono::nanoseconds{monotonic}};
}

void VirtualTime::advance(std::chrono::nanoseconds by) {
  monotonic += by.count();
  wall_ += by;
}

std::chrono::nanoseconds VirtualTime::real_now() {
  timespec now{};
  ::syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

}  // namespace spoold::test

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  using spoold::test::billion;
  using spoold::test::monotonic;
  if (clock != CLOCK_MONOTONIC || monotonic < 0) {
    return static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
  }
  now->tv_sec = monotonic / billion;
  now->tv_nsec = monotonic % billion;
  return 0;
}

int timerfd_create(int, int) noexcept {
  errno = ENOSYS;
  return -1;
}

}  // extern "C"
