#include "owner_identity.hpp"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace spoold {

Result<void> become_owner(Session& session) {
  if (::geteuid() != 0) return {};
  struct stat queue {};
  if (::stat(session.queue_path.c_str(), &queue) != 0) {
    return session.explain_open(system_error(errno, "look at", session.queue_path));
  }
  if (queue.st_uid == 0) return {};
  if (::setgroups(1, &queue.st_gid) != 0 || ::setresgid(queue.st_gid, queue.st_gid, queue.st_gid) != 0 ||
      ::setresuid(queue.st_uid, queue.st_uid, queue.st_uid) != 0) {
    return system_error(errno, "become the owner of", session.queue_path);
  }
  return {};
}

}  // namespace spoold
