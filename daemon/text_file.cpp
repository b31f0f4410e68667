#include "daemon/text_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "os/unique_fd.hpp"

namespace spoold {

Result<void> replace_file(FileSystem& files, const QueueLayout& layout, const std::string& staged,
                          const std::string& name, const std::string& text) {
  // Left over from a crash amid this very write.
  const auto removed = files.remove(layout.staging(), staged);
  if (!removed && removed.error().kind != ErrorKind::not_found) return removed.error();
  const auto queue = files.status(layout.queue());
  const mode_t mode = queue && (queue->mode & 0040U) != 0 ? 0640 : 0600;
  SPOOLD_TRY(files.write_new(layout.staging(), staged, text, mode, Durability::unsynced));
  return files.rename_over(layout.staging(), staged, layout.queue(), name);
}

Result<void> replace_file(const std::string& path, const std::string& text) {
  const std::string staged = path + ".new";
  if (::unlink(staged.c_str()) != 0 && errno != ENOENT) return system_error(errno, "remove", staged);
  {
    const UniqueFd fd{::open(staged.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644)};
    if (!fd) return system_error(errno, "create", staged);
    if (::fchmod(fd.get(), 0644) != 0) return system_error(errno, "set the mode of", staged);
    const ssize_t written = ::write(fd.get(), text.data(), text.size());
    if (written != static_cast<ssize_t>(text.size())) {
      return system_error(written < 0 ? errno : ENOSPC, "write", staged);
    }
  }
  if (::rename(staged.c_str(), path.c_str()) != 0) return system_error(errno, "rename", staged);
  return {};
}

}  // namespace spoold
