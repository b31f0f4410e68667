#include "daemon/supervision.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <catch2/catch.hpp>
#include <future>

#include "base/run_on.hpp"

using namespace spoold;
using namespace std::chrono_literals;

namespace {

struct Manager {
  std::vector<std::string> heard;
  Notifier notifier{[this](const std::string& message) { heard.push_back(message); }};
};

}  // namespace

TEST_CASE("the watchdog is fed again and again, each time after the store's thread has answered") {
  Manager manager;
  boost::asio::io_context loop;
  boost::asio::thread_pool store_thread{1};
  std::promise<void> mended;
  boost::asio::post(store_thread, [hung = mended.get_future()]() mutable { hung.wait(); });

  spawn(loop.get_executor(), feed_watchdog(manager.notifier, 2ms, store_thread.get_executor()));
  loop.run_for(20ms);
  CHECK(manager.heard.empty());

  mended.set_value();
  while (manager.heard.size() < 3) loop.run_one();
  CHECK(manager.heard.front() == "WATCHDOG=1");
  store_thread.join();
}

TEST_CASE("a long start asks for more time with its steps, not with each of them") {
  Manager manager;
  const auto step = start_extension(manager.notifier);
  CHECK(manager.heard.empty());
  for (int i = 0; i < 1000; ++i) step();
  REQUIRE(!manager.heard.empty());
  CHECK(manager.heard.front() == "EXTEND_TIMEOUT_USEC=60000000");
  CHECK(manager.heard.size() < 1000);
}
