#pragma once

#include <memory>

#include "os/unique_fd.hpp"
#include "watch/watcher.hpp"

namespace spoold {

// The directories to watch, as paths.
struct WatchedPaths {
  std::string queue;
  std::string pending;
  std::string deferred;
};

// inotify(7): IN_MOVED_TO, IN_CREATE, IN_CLOSE_WRITE on pending/, IN_MOVED_TO on deferred/, and the *_SELF
// events of the queue, pending/ and deferred/. IN_Q_OVERFLOW becomes rescan; IN_IGNORED, IN_UNMOUNT,
// IN_MOVE_SELF, IN_DELETE_SELF become gone.
class InotifyWatcher final : public Watcher {
 public:
  // No instances or watches left (EMFILE, ENOSPC) or no inotify: an Error; the caller then polls.
  [[nodiscard]] static Result<std::unique_ptr<InotifyWatcher>> open(const WatchedPaths& paths);

  [[nodiscard]] Result<Changes> read() override;
  [[nodiscard]] std::optional<int> descriptor() const override { return fd_.get(); }
  [[nodiscard]] std::chrono::nanoseconds interval() const override { return {}; }
  [[nodiscard]] std::string_view name() const override { return "inotify"; }

 private:
  InotifyWatcher(UniqueFd fd, int queue, int pending, int deferred)
      : fd_(std::move(fd)), queue_(queue), pending_(pending), deferred_(deferred) {}
  UniqueFd fd_;
  int queue_;
  int pending_;
  int deferred_;
};

}  // namespace spoold
