#include "os/ownership.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace spoold {

Result<void> give_to_owner_of(int directory_fd, const std::string& name) {
  if (::geteuid() != 0) return {};
  struct stat directory {};
  if (::fstat(directory_fd, &directory) != 0) return system_error(errno, "look at", "the queue directory");
  struct stat made {};
  if (::fstatat(directory_fd, name.c_str(), &made, AT_SYMLINK_NOFOLLOW) != 0) {
    return system_error(errno, "look at", name);
  }
  if (directory.st_uid == 0 || made.st_uid != 0) return {};
  if (::fchownat(directory_fd, name.c_str(), directory.st_uid, directory.st_gid, AT_SYMLINK_NOFOLLOW) != 0) {
    return system_error(errno, "change the owner of", name);
  }
  return {};
}

}  // namespace spoold
