#include "bench/arrivals.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace spoold::bench {

Arrivals::Arrivals(const std::string& directory)
    : directory_(directory), inotify_{::inotify_init1(IN_CLOEXEC)} {
  require(inotify_ && ::inotify_add_watch(inotify_.get(), directory.c_str(), IN_MOVED_TO) >= 0,
          "cannot watch " + directory);
}

void Arrivals::wait_for(std::size_t count) {
  constexpr int time_limit_ms = 60'000;
  while (count_ < count) {
    pollfd waiting{inotify_.get(), POLLIN, 0};
    require(::poll(&waiting, 1, time_limit_ms) == 1, "nothing comes into " + directory_);
    const ssize_t size = ::read(inotify_.get(), events_.data(), events_.size());
    require(size > 0, "cannot read events of " + directory_);
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(events_.data() + at);
      require((event->mask & IN_Q_OVERFLOW) == 0, "events of " + directory_ + " were lost");
      ++count_;
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
}

}  // namespace spoold::bench
