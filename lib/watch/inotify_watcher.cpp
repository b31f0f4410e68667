#include "watch/inotify_watcher.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

namespace spoold {

namespace {

constexpr std::uint32_t self_events = IN_MOVE_SELF | IN_DELETE_SELF;
constexpr std::uint32_t gone_events = self_events | IN_UNMOUNT | IN_IGNORED;
constexpr std::uint32_t watch_flags = IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;

// About 4000 events under names of ours: ten thousand arrivals cost three reads.
constexpr std::size_t buffer_bytes = 256 * 1024;
constexpr std::size_t event_bytes_max = sizeof(inotify_event) + NAME_MAX + 1;
// The rest is left for the next call, so that producers who never pause cannot hold the loop.
constexpr int reads_max = 16;

}  // namespace

InotifyWatcher::InotifyWatcher(UniqueFd fd, WatchedPaths paths)
    : fd_(std::move(fd)), paths_(std::move(paths)), buffer_(buffer_bytes) {}

Result<std::unique_ptr<InotifyWatcher>> InotifyWatcher::open(const WatchedPaths& paths) {
  UniqueFd fd{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  if (!fd) return system_error(errno, "begin to watch", paths.queue);
  std::unique_ptr<InotifyWatcher> watcher{new InotifyWatcher(std::move(fd), paths)};

  const auto queue = watcher->watch(paths.queue, IN_MOVED_FROM | IN_DELETE);
  SPOOLD_TRY(queue);
  const auto pending = watcher->watch(paths.pending, IN_MOVED_TO | IN_CREATE | IN_CLOSE_WRITE);
  SPOOLD_TRY(pending);
  const auto deferred = watcher->watch(paths.deferred, IN_MOVED_TO);
  SPOOLD_TRY(deferred);
  watcher->queue_ = *queue;
  watcher->pending_ = *pending;
  watcher->deferred_ = *deferred;
  return watcher;
}

Result<int> InotifyWatcher::watch(const std::string& path, std::uint32_t events) {
  const int watch = ::inotify_add_watch(fd_.get(), path.c_str(), events | self_events | watch_flags);
  if (watch < 0) return system_error(errno, "watch", path);
  return watch;
}

Result<Changes> InotifyWatcher::read() {
  Changes changes;
  for (int reads = 0; reads < reads_max; ++reads) {
    const ssize_t count = ::read(fd_.get(), buffer_.data(), buffer_.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) break;
      return system_error(errno, "read the watch on", paths_.queue);
    }
    const auto filled = static_cast<std::size_t>(count);
    take(std::string_view{buffer_.data(), filled}, changes);
    // The kernel hands over as many whole events as fit: with room left there were no more.
    if (filled + event_bytes_max <= buffer_.size()) break;
  }
  return changes;
}

void InotifyWatcher::take(std::string_view events, Changes& changes) const {
  while (events.size() >= sizeof(inotify_event)) {
    inotify_event event{};
    std::memcpy(&event, events.data(), sizeof event);
    events.remove_prefix(sizeof event);
    const std::string_view padded = events.substr(0, event.len);
    events.remove_prefix(padded.size());
    take(event.wd, event.mask, padded.substr(0, padded.find('\0')), changes);
  }
}

void InotifyWatcher::take(int watch, std::uint32_t mask, std::string_view name, Changes& changes) const {
  if ((mask & IN_Q_OVERFLOW) != 0) {
    changes.rescan = true;
    changes.lost = true;
  } else if ((mask & gone_events) != 0) {
    if (!changes.gone) changes.gone = path_of(watch);
  } else if (name.empty() || name.front() == '.') {
    return;
  } else if (watch == pending_) {
    changes.pending.emplace_back(name);
  } else if (watch == deferred_) {
    changes.deferred.emplace_back(name);
  } else if (watch == queue_ && (mask & IN_ISDIR) != 0) {
    if (!changes.gone) changes.gone = paths_.queue + "/" + std::string(name);
  }
}

const std::string& InotifyWatcher::path_of(int watch) const {
  if (watch == pending_) return paths_.pending;
  if (watch == deferred_) return paths_.deferred;
  return paths_.queue;
}

}  // namespace spoold
