#include "daemon/supervision.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/run_on.hpp"

namespace spoold {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto step_time = 60s;  // what one step of a start may take, on a disk that still answers
constexpr auto extension_interval = 1s;

}  // namespace

void tell_service_manager(Notifier& notifier, EventBus& events, Worker& worker) {
  events.subscribe([&notifier, &worker](const Event& event) {
    if (std::holds_alternative<event::Started>(event)) notifier.ready();
    if (std::holds_alternative<event::Stopping>(event)) notifier.stopping(worker.time_to_end());
  });
}

asio::awaitable<void> feed_watchdog(Notifier& notifier, std::chrono::nanoseconds interval,
                                    asio::any_io_executor store_thread) {
  asio::steady_timer timer{co_await asio::this_coro::executor};
  for (;;) {
    auto answer = [] { return true; };
    co_await run_on(store_thread, answer);
    notifier.alive();
    timer.expires_after(interval / 2);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

std::function<void()> start_extension(Notifier& notifier) {
  return [&notifier, next = std::chrono::steady_clock::time_point{}]() mutable {
    const auto now = std::chrono::steady_clock::now();
    if (now < next) return;
    next = now + extension_interval;
    notifier.extend_timeout(step_time);
  };
}

}  // namespace spoold
