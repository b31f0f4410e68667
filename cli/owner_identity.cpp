#include "owner_identity.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace spoold {

namespace {

Result<uid_t> owner_of(const Session& session) {
  struct stat queue {};
  if (::stat(session.queue_path.c_str(), &queue) == 0) return queue.st_uid;
  return session.explain_open(system_error(errno, "look at", session.queue_path));
}

std::string name_of(uid_t user) {
  const passwd* const known = ::getpwuid(user);
  return known == nullptr ? "uid " + std::to_string(user) : known->pw_name;
}

}  // namespace

Result<void> require_owner(const Session& session) {
  const auto owner = owner_of(session);
  if (!owner) return owner.error();
  if (::geteuid() == 0 || ::geteuid() == *owner) return {};
  const std::string name = name_of(*owner);
  return Error{ErrorKind::no_permission, "the queue at " + session.queue_path + " belongs to " + name +
                                             ": run this as " + name + (*owner == 0 ? "" : " or as root")};
}

Result<void> become_owner(Session& session) {
  SPOOLD_TRY(require_owner(session));
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
