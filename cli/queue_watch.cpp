#include "queue_watch.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace spoold {

namespace {

std::uint32_t events_of(State state) {
  switch (state) {
    case State::pending:
    case State::deferred:
    case State::processing:
      return IN_ONLYDIR | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
    default:
      return IN_ONLYDIR | IN_MOVED_TO;
  }
}

bool settles(State state) {
  return state == State::completed || state == State::failed || state == State::corrupt;
}

}  // namespace

QueueWatch::QueueWatch(const QueueView& view)
    : path_(view.path()), inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (inotify_ && !watch_all()) inotify_.reset();
}

bool QueueWatch::watch_all() {
  // A directory that was removed says so only once nobody holds it open, as we do: its parent tells.
  constexpr std::uint32_t taken_away = IN_MOVE_SELF | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR;
  if (::inotify_add_watch(inotify_.get(), path_.c_str(), taken_away) < 0) return false;
  for (const State state : all_states) {
    const std::string directory = path_ + "/" + std::string(to_string(state));
    const int watch = ::inotify_add_watch(inotify_.get(), directory.c_str(), events_of(state));
    if (watch < 0) return false;
    watches_[static_cast<std::size_t>(state)] = watch;
  }
  return true;
}

Result<QueueWatch::Seen> QueueWatch::wait(MonotonicTime until) {
  using std::chrono::milliseconds;
  auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
  left = std::clamp(left, milliseconds{0}, milliseconds{std::chrono::minutes{1}});
  if (polls()) {
    ::poll(nullptr, 0, static_cast<int>(left.count()));
    return Seen{true, 0};
  }
  pollfd readable{inotify_.get(), POLLIN, 0};
  if (::poll(&readable, 1, static_cast<int>(left.count())) <= 0) return Seen{};
  return take();
}

Result<QueueWatch::Seen> QueueWatch::take() {
  Seen seen;
  alignas(inotify_event) std::array<char, 65536> buffer;
  while (true) {
    const auto bytes = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (bytes <= 0) {
      if (bytes < 0 && errno != EAGAIN && errno != EINTR) return system_error(errno, "watch", path_);
      return seen;
    }
    seen.changed = true;
    for (std::size_t at = 0; at < static_cast<std::size_t>(bytes);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      at += sizeof event + event.len;
      const auto of = std::find(watches_.begin(), watches_.end(), event.wd);
      if (of == watches_.end() || (event.mask & IN_MOVED_TO) == 0) continue;
      if (settles(static_cast<State>(of - watches_.begin()))) ++seen.settled;
    }
  }
}

}  // namespace spoold
