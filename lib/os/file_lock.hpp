#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.hpp"
#include "os/file_system.hpp"
#include "os/unique_fd.hpp"

namespace spoold {

// The one-daemon-per-queue lock: flock(2) on `.lock` in the queue directory, held until destruction or the
// process's death. The lock is the kernel's, on the inode: a stale file does not hinder, another path to the
// same queue does not fool it, and a child gives it up when it executes its program (O_CLOEXEC): until then
// it holds it too. The file holds the holder's pid for people to read.
class FileLock {
 public:
  // Takes the lock. Held by another: kind busy at once, and the context names the holder's pid. Where that
  // one is dead, and a child it was starting holds the lock still, waits for it, 2 s at most.
  [[nodiscard]] static Result<FileLock> take(int directory_fd, const std::string& name);

  // The pid in the file, if some process holds the lock right now (-1: held, but the
  // holder could not write its pid); 0 if nobody does. Keeps nothing,
  // and does not get in the way of a take() at the same instant.
  [[nodiscard]] static Result<pid_t> holder(int directory_fd, const std::string& name);

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace spoold
