#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "os/unique_fd.hpp"
#include "watch/watcher.hpp"

namespace spoold {

// The directories to watch, as paths; a symlink as the last component is refused.
struct WatchedPaths {
  std::string queue;
  std::string pending;
  std::string deferred;
};

// inotify(7): IN_MOVED_TO, IN_CREATE, IN_CLOSE_WRITE on pending/, IN_MOVED_TO on deferred/, directories that
// leave the queue, and the *_SELF events of the queue, pending/ and deferred/. Names with a leading dot are
// left out. IN_Q_OVERFLOW becomes rescan; IN_IGNORED, IN_UNMOUNT, IN_MOVE_SELF, IN_DELETE_SELF become gone,
// and so does any directory that leaves the queue: a hint, upon which the caller looks whether it was one of
// its own.
class InotifyWatcher final : public Watcher {
 public:
  // No instances or watches left (EMFILE, ENOSPC) or no inotify: an Error; the caller then polls.
  [[nodiscard]] static Result<std::unique_ptr<InotifyWatcher>> open(const WatchedPaths& paths);

  [[nodiscard]] Result<Changes> read() override;
  [[nodiscard]] std::optional<int> descriptor() const override { return fd_.get(); }
  [[nodiscard]] std::chrono::nanoseconds interval() const override { return {}; }
  [[nodiscard]] std::string_view name() const override { return "inotify"; }

 private:
  InotifyWatcher(UniqueFd fd, WatchedPaths paths);
  [[nodiscard]] Result<int> watch(const std::string& path, std::uint32_t events);
  void take(std::string_view events, Changes& changes) const;
  void take(int watch, std::uint32_t mask, std::string_view name, Changes& changes) const;
  [[nodiscard]] const std::string& path_of(int watch) const;

  UniqueFd fd_;
  WatchedPaths paths_;
  int queue_ = -1;
  int pending_ = -1;
  int deferred_ = -1;
  std::vector<char> buffer_;
};

}  // namespace spoold
