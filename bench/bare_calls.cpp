#include "bench/bare_calls.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "bench/measure.hpp"
#include "os/journal_order.hpp"

namespace spoold::bench {
namespace {

// The message is made only where it is needed: floors are timed.
void require_call(bool holds, const char* doing, const char* name) {
  if (!holds) fail(std::string{"the floor program cannot "} + doing + " " + name);
}

bool make_durable(int fd, Order order) {
  return order == Order::one_commit ? write_out(fd) == 0 : ::fsync(fd) == 0;
}

}  // namespace

Order order_of(const std::string& directory) {
  const UniqueFd fd = open_directory(directory);
  return JournalOrder{}.holds_in(fd.get()) ? Order::one_commit : Order::strict;
}

UniqueFd open_directory(const std::string& path) {
  UniqueFd fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  require_call(static_cast<bool>(fd), "open", path.c_str());
  return fd;
}

void write_file(const UniqueFd& directory, const char* name, std::string_view bytes, Order order) {
  const UniqueFd fd{
      ::openat(directory.get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  require_call(fd && ::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
                   make_durable(fd.get(), order),
               "write", name);
}

std::string read_file(const UniqueFd& directory, const std::string& name) {
  const UniqueFd fd{
      ::openat(directory.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME | O_CLOEXEC)};
  std::array<char, 4096> buffer{};
  const ssize_t size = ::read(fd.get(), buffer.data(), buffer.size());
  require_call(size > 0, "read", name.c_str());
  return {buffer.data(), static_cast<std::size_t>(size)};
}

void move_new(const char* name, const UniqueFd& from, const UniqueFd& to) {
  require_call(::renameat2(from.get(), name, to.get(), name, RENAME_NOREPLACE) == 0, "rename", name);
}

void sync_names(const UniqueFd& directory) {
  require_call(::fsync(directory.get()) == 0, "sync", "a directory");
}

}  // namespace spoold::bench
