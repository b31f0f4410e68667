#include "watch/poll_watcher.hpp"

#include <algorithm>
#include <utility>

namespace spoold {

namespace {

// Twice the longest tick of the kernel's file times (HZ=100).
constexpr std::chrono::nanoseconds settled_after = std::chrono::milliseconds{20};

int looks_within(std::chrono::nanoseconds span, std::chrono::nanoseconds interval) {
  const auto step = std::max(interval, std::chrono::nanoseconds{std::chrono::milliseconds{1}});
  return static_cast<int>((span + step - std::chrono::nanoseconds{1}) / step);
}

}  // namespace

PollWatcher::PollWatcher(FileSystem& files, WatchedPaths paths, std::chrono::nanoseconds interval)
    : files_(files), interval_(interval), looks_to_settle_(looks_within(settled_after, interval)) {
  for (std::string* path : {&paths.queue, &paths.pending, &paths.deferred}) {
    seen_.push_back(Seen{.path = std::move(*path)});
    // A fault here comes again in the first read(), which can tell it.
    (void)look(seen_.back());
  }
}

Result<PollWatcher::Look> PollWatcher::look(Seen& seen) const {
  const auto status = files_.status(seen.path);
  if (!status) {
    const ErrorKind kind = status.error().kind;
    if (kind == ErrorKind::not_found || kind == ErrorKind::wrong_type) return Look::gone;
    return status.error();
  }
  const bool first = seen.inode == 0;
  if (!first && (status->device != seen.device || status->inode != seen.inode)) return Look::gone;
  seen.device = status->device;
  seen.inode = status->inode;
  if (seen.modified != status->modified) {
    seen.modified = status->modified;
    seen.quiet_looks_left = looks_to_settle_;
    return Look::changed;
  }
  if (seen.quiet_looks_left == 0) return Look::same;
  return --seen.quiet_looks_left == 0 ? Look::changed : Look::same;
}

Result<Changes> PollWatcher::read() {
  Changes changes;
  for (Seen& seen : seen_) {
    const auto looked = look(seen);
    SPOOLD_TRY(looked);
    // What lies in the queue's own directory is no entry: only that it is still the same one matters.
    const bool holds_entries = &seen != &seen_.front();
    if (*looked == Look::gone && !changes.gone) changes.gone = seen.path;
    if (*looked == Look::changed && holds_entries) changes.rescan = true;
  }
  return changes;
}

}  // namespace spoold
