#include "daemon/signals.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

namespace spoold {

namespace asio = boost::asio;

asio::awaitable<void> obey_signals(asio::signal_set& signals, SignalActions actions) {
  for (;;) {
    const auto [problem, number] = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
    if (problem) co_return;
    if (number == SIGHUP) {
      actions.reload();
    } else {
      actions.stop(number == SIGINT ? "SIGINT" : "SIGTERM");
    }
  }
}

}  // namespace spoold
