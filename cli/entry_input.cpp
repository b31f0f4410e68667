#include "entry_input.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <vector>

namespace spoold {

namespace {

constexpr std::size_t buffer_bytes = 65536;

Result<UniqueFd> open_unnamed_file() {
  const char* chosen = std::getenv("TMPDIR");
  std::string path = chosen != nullptr && *chosen != '\0' ? chosen : "/tmp";
  path += "/spoolctl-XXXXXX";
  UniqueFd file(::mkostemp(path.data(), O_CLOEXEC));
  if (!file) return system_error(errno, "make a temporary file", path);
  ::unlink(path.c_str());
  return file;
}

Result<void> write_all(int descriptor, const char* bytes, std::size_t count) {
  while (count > 0) {
    const auto written = ::write(descriptor, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error(errno, "write", "a temporary copy of the input (in $TMPDIR)");
    bytes += written;
    count -= static_cast<std::size_t>(written);
  }
  return {};
}

Result<std::size_t> read_some(int descriptor, std::vector<char>& buffer, const std::string& name) {
  while (true) {
    const auto count = ::read(descriptor, buffer.data(), buffer.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return system_error(errno, "read", name);
  }
}

}  // namespace

Result<EntryInput> EntryInput::open(const std::string& path) {
  EntryInput input;
  if (path.empty() || path == "-") return input;
  input.name_ = path;
  input.own_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!input.own_) return system_error(errno, "open", path);
  return input;
}

bool EntryInput::is_terminal() const {
  return ::isatty(descriptor()) == 1;
}

Result<std::string> EntryInput::read_all(std::size_t bytes_max) const {
  std::string bytes;
  std::vector<char> buffer(buffer_bytes);
  while (true) {
    const auto count = read_some(descriptor(), buffer, name_);
    if (!count) return count.error();
    if (*count == 0) return bytes;
    bytes.append(buffer.data(), *count);
    if (bytes.size() > bytes_max) {
      return Error{ErrorKind::too_large, "the entry is too large: over " + std::to_string(bytes_max) +
                                             " bytes (queue.max_entry_bytes)"};
    }
  }
}

Result<void> EntryInput::make_rewindable() {
  struct stat status {};
  if (::fstat(descriptor(), &status) == 0 && S_ISREG(status.st_mode)) {
    start_ = ::lseek(descriptor(), 0, SEEK_CUR);
    if (start_ >= 0) return {};
  }
  auto copy = open_unnamed_file();
  if (!copy) return copy.error();
  std::vector<char> buffer(buffer_bytes);
  while (true) {
    const auto count = read_some(descriptor(), buffer, name_);
    if (!count) return count.error();
    if (*count == 0) break;
    SPOOLD_TRY(write_all(copy->get(), buffer.data(), *count));
  }
  own_ = std::move(*copy);
  start_ = 0;
  return rewind();
}

Result<void> EntryInput::rewind() const {
  if (::lseek(descriptor(), start_, SEEK_SET) < 0) return system_error(errno, "rewind", name_);
  return {};
}

}  // namespace spoold
