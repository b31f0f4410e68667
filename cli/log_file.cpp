#include "log_file.hpp"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iostream>

#include "os/unique_fd.hpp"
#include "store/queue_layout.hpp"

namespace spoold {

namespace {

constexpr std::uint64_t tail_bytes = 4ULL * 1024 * 1024;  // more is not looked through for lines

Result<UniqueFd> open_log(Directory queue) {
  UniqueFd fd{::openat(queue.handle, worker_log_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  if (!fd) return system_error(errno, "open", worker_log_name);
  return fd;
}

std::uint64_t size_of(int fd) {
  struct stat raw {};
  return ::fstat(fd, &raw) == 0 ? static_cast<std::uint64_t>(raw.st_size) : 0;
}

// From `offset` to the end.
Result<std::string> read_from(int fd, std::uint64_t offset) {
  std::string text;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t count = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset + text.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(errno, "read", worker_log_name);
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

std::vector<std::string> lines_at_end(const std::string& text, std::size_t count) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  if (lines.size() > count) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
  return lines;
}

Result<std::string> tail_of(int fd, std::uint64_t size) {
  return read_from(fd, size > tail_bytes ? size - tail_bytes : 0);
}

}  // namespace

Result<std::vector<std::string>> last_lines(Directory queue, std::size_t count) {
  const auto log = open_log(queue);
  if (!log) return log.error();
  const auto text = tail_of(log->get(), size_of(log->get()));
  if (!text) return text.error();
  return lines_at_end(*text, count);
}

Result<void> follow_log(Directory queue, std::size_t count) {
  const auto log = open_log(queue);
  if (!log) return log.error();
  const UniqueFd watch{::inotify_init1(IN_CLOEXEC)};
  const std::string path = "/proc/self/fd/" + std::to_string(log->get());
  if (!watch || ::inotify_add_watch(watch.get(), path.c_str(), IN_MODIFY) < 0) {
    return system_error(errno, "watch", worker_log_name);
  }
  std::uint64_t offset = size_of(log->get());
  const auto text = tail_of(log->get(), offset);
  if (!text) return text.error();
  for (const auto& line : lines_at_end(text->substr(0, offset), count)) std::cout << line << "\n";
  for (;;) {
    // It is emptied when it is rotated, never replaced.
    if (size_of(log->get()) < offset) offset = 0;
    const auto more = read_from(log->get(), offset);
    if (!more) return more.error();
    offset += more->size();
    std::cout << *more << std::flush;
    std::array<char, 4096> events{};
    if (::read(watch.get(), events.data(), events.size()) < 0 && errno != EINTR) {
      return system_error(errno, "watch", worker_log_name);
    }
  }
}

}  // namespace spoold
