#pragma once

#include "os/file_system.hpp"
#include "watch/inotify_watcher.hpp"
#include "watch/watcher.hpp"

namespace spoold {

// The fallback where inotify is not to be had, and `watch: poll`: compares the directories' modification
// times every `interval` and asks for a rescan only when one moved. A change within the same clock tick as
// the last look is seen by asking once more after it.
class PollWatcher final : public Watcher {
 public:
  // `files` must outlive the watcher.
  PollWatcher(FileSystem& files, WatchedPaths paths, std::chrono::nanoseconds interval);

  [[nodiscard]] Result<Changes> read() override;
  [[nodiscard]] std::optional<int> descriptor() const override { return std::nullopt; }
  [[nodiscard]] std::chrono::nanoseconds interval() const override { return interval_; }
  [[nodiscard]] std::string_view name() const override { return "poll"; }

 private:
  struct Seen {
    std::string path;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    WallTime modified{};
    bool settled = false;  // looked at again after the last change
  };
  FileSystem& files_;
  std::chrono::nanoseconds interval_;
  std::vector<Seen> seen_;  // queue, pending, deferred
};

}  // namespace spoold
