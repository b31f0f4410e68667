// Preloaded into a program. $FAULT says what goes wrong there:
//   sync_directory   fsync(2) of a directory fails with EIO, as after a write-back error
//   inotify          inotify_init1(2) fails with EMFILE, as when the user has no instances left

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace {

bool wanted(std::string_view fault) {
  const char* chosen = std::getenv("FAULT");
  return chosen != nullptr && chosen == fault;
}

int fail(int number) {
  errno = number;
  return -1;
}

}  // namespace

extern "C" int fsync(int descriptor) {
  struct stat status {};
  if (wanted("sync_directory") && fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode))
    return fail(EIO);
  return static_cast<int>(syscall(SYS_fsync, descriptor));
}

extern "C" int inotify_init1(int flags) noexcept {
  if (wanted("inotify")) return fail(EMFILE);
  return static_cast<int>(syscall(SYS_inotify_init1, flags));
}
