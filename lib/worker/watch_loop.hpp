#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "watch/watcher.hpp"

namespace spoold {

// Waits on a watcher and hands on what it tells, on the loop's thread. Begin with start(), end with stop();
// must outlive the time between.
class WatchLoop {
 public:
  WatchLoop(boost::asio::any_io_executor loop, std::unique_ptr<Watcher> watcher);

  // Tells of what has come so far before it returns.
  void start(std::function<void(Changes)> on_changes);
  [[nodiscard]] boost::asio::awaitable<void> stop();

  [[nodiscard]] std::string_view watcher_name() const { return watcher_->name(); }

 private:
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<bool> next();
  void tell(Changes changes);

  boost::asio::any_io_executor loop_;
  std::unique_ptr<Watcher> watcher_;
  boost::asio::posix::stream_descriptor readable_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer ended_;
  std::function<void(Changes)> on_changes_;
  bool running_ = false;
  bool stopping_ = false;
};

}  // namespace spoold
