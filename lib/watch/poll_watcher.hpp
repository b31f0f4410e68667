#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "os/file_system.hpp"
#include "watch/inotify_watcher.hpp"
#include "watch/watcher.hpp"

namespace spoold {

// The fallback where inotify is not to be had, and `watch: poll`: compares the directories' modification
// times at every read(), which is to come every `interval`, and asks for a rescan only when one moved. The
// kernel's file times advance in ticks of up to 10 ms, so a change just after a look may leave the time as it
// was: once a change was seen and the ticks are over, one more rescan is asked for.
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
    std::uint64_t inode = 0;  // 0: not seen yet
    WallTime modified{};
    int quiet_looks_left = 0;  // until the last rescan after a change
  };
  enum class Look { same, changed, gone };
  [[nodiscard]] Result<Look> look(Seen& seen) const;

  FileSystem& files_;
  std::chrono::nanoseconds interval_;
  int looks_to_settle_;
  std::vector<Seen> seen_;  // queue, pending, deferred
};

}  // namespace spoold
