#include "systemd/journal_sink.hpp"

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

void JournalSink::write(Severity severity, const std::string& message) const {
  send(journal_fields(severity, message));
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
