#include "backend/http_secret.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "os/unique_fd.hpp"

namespace spoold {

namespace {

constexpr std::size_t file_bytes_max = 1024 * 1024;

Result<std::string> place_of(const std::string& path) {
  if (path.starts_with('/')) return path;
  const char* const directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (directory != nullptr && *directory != '\0') return std::string{directory} + "/" + path;
  return Error{ErrorKind::not_found,
               "read " + path +
                   ": the path is relative and there is no $CREDENTIALS_DIRECTORY; expected "
                   "LoadCredential= in the unit, or an absolute path"};
}

}  // namespace

Result<std::string> read_request_file(const std::string& path) {
  // O_NONBLOCK: a FIFO in its place must not hang the daemon.
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file) return system_error(errno, "read", path);
  std::string bytes;
  std::array<char, 8192> buffer{};
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(errno, "read", path);
    if (got == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
    if (bytes.size() > file_bytes_max)
      return Error{ErrorKind::too_large, "read " + path + ": it is over 1 MiB"};
  }
}

Result<std::string> read_secret(const std::string& path) {
  const Result<std::string> place = place_of(path);
  if (!place) return place.error();
  Result<std::string> secret = read_request_file(*place);
  if (!secret) return secret;
  while (secret->ends_with('\n') || secret->ends_with('\r')) secret->pop_back();
  if (secret->empty()) return Error{ErrorKind::invalid, "read " + path + ": it is empty; expected a secret"};
  return secret;
}

}  // namespace spoold
