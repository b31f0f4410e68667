#include "store/sequence.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/ownership.hpp"
#include "os/unique_fd.hpp"
#include "store/queue_layout.hpp"

namespace spoold {

namespace {

constexpr std::size_t counter_bytes = sizeof(std::uint64_t);

// Names hold up to 2^63-1, the year 2262. A counter within half a second of that was not reached by counting:
// somebody wrote into the file. It is taken for damaged and the clock believed instead.
constexpr std::uint64_t believable_max = (std::uint64_t{1} << 63U) - (std::uint64_t{1} << 29U);

UniqueFd open_existing(Directory queue) {
  return UniqueFd{::openat(queue.handle, sequence_name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
}

// Allocated, or a full disk would kill with SIGBUS whoever counts; and on the disk before it has its name, or
// a power cut could leave a file without its eight bytes.
int fill(int fd, mode_t mode) {
  if (::fchmod(fd, mode) != 0) return errno;
  if (const int number = ::posix_fallocate(fd, 0, counter_bytes); number != 0) return number;
  return ::fsync(fd) == 0 ? 0 : errno;
}

// Two first producers at once: both make a whole file, one name wins, and both then open that.
Result<void> make(Directory queue, std::uint64_t now, mode_t mode) {
  static std::atomic<unsigned> made_here = 0;  // threads of one process may come at the same nanosecond
  const std::string temporary = std::string(sequence_name) + "." + std::to_string(::getpid()) + "." +
                                std::to_string(now) + "." + std::to_string(made_here++);
  const UniqueFd fd{
      ::openat(queue.handle, temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!fd) return system_error(errno, "create", temporary);
  int number = fill(fd.get(), mode);
  if (number == 0 &&
      ::renameat2(queue.handle, temporary.c_str(), queue.handle, sequence_name, RENAME_NOREPLACE) != 0) {
    number = errno;
  }
  if (number == 0) return give_to_owner_of(queue.handle, sequence_name);
  ::unlinkat(queue.handle, temporary.c_str(), 0);
  if (number == EEXIST) return {};
  return system_error(number, "make", sequence_name);
}

Result<std::atomic<std::uint64_t>*> map(const UniqueFd& fd) {
  struct stat raw {};
  if (::fstat(fd.get(), &raw) != 0) return system_error(errno, "look at", sequence_name);
  if (!S_ISREG(raw.st_mode) || raw.st_size != static_cast<off_t>(counter_bytes)) {
    return Error{ErrorKind::invalid, std::string(sequence_name) +
                                         " is damaged: it must be a file of 8 bytes; with no producer "
                                         "running, remove it and run spoolctl init"};
  }
  void* address = ::mmap(nullptr, counter_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (address == MAP_FAILED) return system_error(errno, "map", sequence_name);
  // Lock-free atomics work between processes, and an atomic of this kind is nothing but its eight bytes.
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
  static_assert(sizeof(std::atomic<std::uint64_t>) == counter_bytes);
  return static_cast<std::atomic<std::uint64_t>*>(address);
}

std::uint64_t nanoseconds(WallTime time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time.time_since_epoch().count(), 0));
}

}  // namespace

Result<Sequence> Sequence::open(Directory queue, const Clock& clock, mode_t mode_if_made) {
  UniqueFd fd = open_existing(queue);
  if (!fd && errno == ENOENT) {
    SPOOLD_TRY(make(queue, nanoseconds(clock.wall_now()), mode_if_made));
    fd = open_existing(queue);
  }
  if (!fd) return system_error(errno, "open", sequence_name);
  const auto shared = map(fd);
  if (!shared) return shared.error();
  return Sequence{*shared, clock};
}

Sequence::Sequence(Sequence&& other) noexcept
    : shared_(std::exchange(other.shared_, nullptr)), clock_(other.clock_) {}

Sequence::~Sequence() {
  if (shared_ != nullptr) ::munmap(shared_, counter_bytes);
}

std::uint64_t Sequence::next(std::uint64_t count) {
  const std::uint64_t now = std::clamp<std::uint64_t>(nanoseconds(clock_->wall_now()), 1, believable_max);
  std::uint64_t last = shared_->load(std::memory_order_relaxed);
  for (;;) {
    const std::uint64_t mine = last >= believable_max ? now : std::max(now, last + 1);
    if (shared_->compare_exchange_weak(last, mine + count - 1, std::memory_order_relaxed)) return mine;
  }
}

void Sequence::raise_to(std::uint64_t seen) {
  if (seen >= believable_max) return;
  std::uint64_t last = shared_->load(std::memory_order_relaxed);
  while (last < seen && !shared_->compare_exchange_weak(last, seen, std::memory_order_relaxed)) {
  }
}

}  // namespace spoold
