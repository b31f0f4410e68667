#include "daemon/signals.hpp"

#include <sysexits.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

namespace spoold {

namespace asio = boost::asio;

namespace {

// Only what signal-safety(7) allows.
extern "C" void end_at_once(int) {
  static constexpr char text[] =
      "spoold: it could not end in time: something it waits for hangs; what was running is recovered at the "
      "next start\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, sizeof(text) - 1);
  ::_exit(EX_SOFTWARE);
}

}  // namespace

void limit_time_to_end(std::chrono::nanoseconds time) {
  std::signal(SIGALRM, end_at_once);
  ::alarm(static_cast<unsigned>(std::chrono::ceil<std::chrono::seconds>(time).count()));
}

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
