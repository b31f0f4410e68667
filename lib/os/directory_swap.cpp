#include "os/directory_swap.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <vector>

namespace spoold {

namespace {

Result<void> move_over(FileSystem& files, Directory from, Directory to) {
  std::vector<std::string> names;
  SPOOLD_TRY(files.list(from, [&](std::string_view name) {
    names.emplace_back(name);
    return true;
  }));
  if (names.empty()) return {};
  for (const auto& name : names) SPOOLD_TRY(files.rename_new(from, name, to, name));
  return files.sync_directory(to);
}

// Owner, group and the set-group-ID bit come from the directory around it, as a rule as they are to be. A
// sandbox may forbid to set them (RestrictSUIDSGID=, SystemCallFilter=~@chown), so only what is wrong is set.
Result<void> make_alike_once(Directory staging, const std::string& staged, const FileStatus& old) {
  struct stat made {};
  if (::fstatat(staging.handle, staged.c_str(), &made, AT_SYMLINK_NOFOLLOW) != 0) {
    return system_error(errno, "look at", staged);
  }
  const bool other_owner = made.st_uid != old.owner || made.st_gid != old.group;
  if (other_owner &&
      ::fchownat(staging.handle, staged.c_str(), old.owner, old.group, AT_SYMLINK_NOFOLLOW) != 0) {
    return system_error(errno, "change the owner of", staged);
  }
  // The mode last: a change of owner takes the set-group-ID bit away.
  const bool other_mode = other_owner || (made.st_mode & 07777U) != old.mode;
  if (other_mode && ::fchmodat(staging.handle, staged.c_str(), old.mode, 0) != 0) {
    return system_error(errno, "set the mode of", staged);
  }
  return {};
}

Result<void> make_alike(FileSystem& files, Directory parent, const std::string& name, Directory staging,
                        const std::string& staged) {
  const auto old = files.status(parent, name);
  if (!old) return old.error();
  // Whatever else is made meanwhile is made with a mode of its own.
  const mode_t mask = ::umask(0);
  const int made = ::mkdirat(staging.handle, staged.c_str(), old->mode & 0777U);
  const int number = errno;
  ::umask(mask);
  if (made != 0) return system_error(number, "make the directory", staged);
  Result<void> alike = make_alike_once(staging, staged, *old);
  if (!alike) ::unlinkat(staging.handle, staged.c_str(), AT_REMOVEDIR);
  return alike;
}

}  // namespace

Result<void> swap_in_fresh_directory(FileSystem& files, Directory parent, const std::string& name,
                                     Directory staging, const std::string& staged) {
  SPOOLD_TRY(make_alike(files, parent, name, staging, staged));
  if (::renameat2(staging.handle, staged.c_str(), parent.handle, name.c_str(), RENAME_EXCHANGE) != 0) {
    const Error error = system_error(errno, "exchange", name);
    ::unlinkat(staging.handle, staged.c_str(), AT_REMOVEDIR);
    return error;
  }
  const auto fresh = files.open_directory(parent, name);
  if (!fresh) return fresh.error();
  SPOOLD_TRY(files.sync_directory(parent));
  return finish_swap(files, staging, staged, *fresh);
}

Result<void> finish_swap(FileSystem& files, Directory staging, const std::string& staged, Directory to) {
  const auto old = files.open_directory(staging, staged);
  if (!old) return old.error();
  for (;;) {
    SPOOLD_TRY(move_over(files, *old, to));
    if (::unlinkat(staging.handle, staged.c_str(), AT_REMOVEDIR) == 0) return files.sync_directory(staging);
    if (errno != ENOTEMPTY && errno != EEXIST) return system_error(errno, "remove the directory", staged);
  }
}

}  // namespace spoold
