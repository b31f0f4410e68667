#include "worker/watch_loop.hpp"

#include <fcntl.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <system_error>

#include "base/run_on.hpp"

namespace spoold {

namespace asio = boost::asio;

namespace {

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
constexpr auto pause_after_failure = std::chrono::seconds{1};

}  // namespace

WatchLoop::WatchLoop(asio::any_io_executor loop, std::unique_ptr<Watcher> watcher)
    : loop_(std::move(loop)), watcher_(std::move(watcher)), readable_(loop_), timer_(loop_), ended_(loop_) {
  const auto fd = watcher_->descriptor();
  if (!fd) return;
  // A duplicate, since both the watcher and Asio close what they hold.
  const int duplicate = ::fcntl(*fd, F_DUPFD_CLOEXEC, 0);
  if (duplicate < 0) throw std::system_error{errno, std::system_category(), "watch the queue"};
  readable_.assign(duplicate);
}

void WatchLoop::start(std::function<void(Changes)> on_changes) {
  on_changes_ = std::move(on_changes);
  running_ = true;
  ended_.expires_at(asio::steady_timer::time_point::max());
  // What came since the watch was opened lies there for the first scan too: known before it, it counts once.
  if (auto changes = watcher_->read()) tell(std::move(*changes));
  spawn(loop_, run());
}

void WatchLoop::tell(Changes changes) {
  const bool news = !changes.pending.empty() || !changes.deferred.empty() || changes.rescan || changes.gone;
  if (news) on_changes_(std::move(changes));
}

asio::awaitable<void> WatchLoop::stop() {
  stopping_ = true;
  boost::system::error_code not_open;  // where the watcher has no descriptor
  readable_.cancel(not_open);
  timer_.cancel();
  if (running_) co_await ended_.async_wait(as_values);
}

asio::awaitable<bool> WatchLoop::next() {
  if (readable_.is_open()) {
    const auto [problem] =
        co_await readable_.async_wait(asio::posix::stream_descriptor::wait_read, as_values);
    co_return !problem && !stopping_;
  }
  timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(watcher_->interval()));
  co_await timer_.async_wait(as_values);
  co_return !stopping_;
}

asio::awaitable<void> WatchLoop::run() {
  while (co_await next()) {
    Result<Changes> changes = watcher_->read();
    if (changes) {
      tell(std::move(*changes));
      continue;
    }
    // What was missed is found by a scan; not at once, so that a lasting fault does not spin.
    timer_.expires_after(pause_after_failure);
    co_await timer_.async_wait(as_values);
    if (stopping_) break;
    Changes unknown;
    unknown.rescan = true;
    unknown.lost = true;
    on_changes_(std::move(unknown));
  }
  running_ = false;
  ended_.cancel();
}

}  // namespace spoold
