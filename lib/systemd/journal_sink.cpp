#include "systemd/journal_sink.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>

// Without this the header wraps the call in a macro that adds the source line of this file.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "systemd/journal_fields.hpp"

namespace spoold {

namespace {

constexpr int patience_ms = 1000;  // with a journal that does not read

void send(std::vector<std::string> lines) {
  std::vector<iovec> parts;
  parts.reserve(lines.size());
  for (std::string& line : lines) parts.push_back(iovec{line.data(), line.size()});
  // A journal that does not answer is no reason to stop working, and there is nowhere else to tell it.
  (void)::sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

// Reads "<number><end>" and moves past it.
bool read_number(std::string_view& text, std::string_view end, std::uint64_t& number) {
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  if (!text.starts_with(end)) return false;
  text.remove_prefix(end.size());
  return true;
}

}  // namespace

void JournalSink::write(const Event& event) const {
  send(journal_fields(event));
}

// journald asks the kernel which unit a datagram's sender belongs to, and learns nothing where that has ended
// meanwhile: the last words of a start that fails would be missing in `journalctl -u`. Of the stream that is
// standard error it knows the unit beforehand.
void JournalSink::write(Severity severity, const std::string& message) const {
  if (!stderr_is_journal()) return send(journal_fields(severity, message));
  const std::string prefix = "<" + std::to_string(syslog_priority(severity)) + ">";
  std::string lines = prefix;
  for (const char character : message) {
    lines += character;
    if (character == '\n') lines += prefix;
  }
  lines += '\n';
  pollfd ready{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  if (::poll(&ready, 1, patience_ms) != 1 || (ready.revents & POLLOUT) == 0) return;
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, lines.data(), lines.size());
}

bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  if (stream == nullptr) return false;
  std::string_view text{stream};
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  if (!read_number(text, ":", device) || !read_number(text, "", inode) || !text.empty()) return false;
  struct stat status {};
  if (::fstat(STDERR_FILENO, &status) != 0) return false;
  return status.st_dev == device && status.st_ino == inode;
}

}  // namespace spoold
