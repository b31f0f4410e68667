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

Result<void> make_alike(FileSystem& files, Directory parent, const std::string& name, Directory staging,
                        const std::string& staged) {
  const auto old = files.status(parent, name);
  if (!old) return old.error();
  SPOOLD_TRY(files.make_directory(staging, staged, 0700));
  // The mode last: a change of owner takes the set-group-ID bit away.
  if (::fchownat(staging.handle, staged.c_str(), old->owner, old->group, AT_SYMLINK_NOFOLLOW) != 0) {
    return system_error(errno, "change the owner of", staged);
  }
  if (::fchmodat(staging.handle, staged.c_str(), old->mode, 0) != 0) {
    return system_error(errno, "set the mode of", staged);
  }
  return {};
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
