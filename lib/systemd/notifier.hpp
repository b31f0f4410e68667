#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace spoold {

// Tells the service manager how the daemon is: sd_notify(3). Where no manager listens, nothing happens. One
// thread.
class Notifier {
 public:
  // Takes one message: lines of KEY=VALUE.
  using Send = std::function<void(const std::string& message)>;

  // To $NOTIFY_SOCKET.
  Notifier();
  explicit Notifier(Send send);

  // Work may come: locked, recovered, watching.
  void ready();
  // The configuration is being read again; ready() ends it.
  void reloading();
  // The end has begun, and may take `time_to_end` from now; nothing: as long as the manager allows anyway.
  void stopping(std::optional<std::chrono::nanoseconds> time_to_end = std::nullopt);
  // One line for `systemctl status`. What was said last is not said again.
  void status(std::string_view line);
  // Alive: to be called in less than watchdog_interval().
  void alive();
  // What goes on now, start or end, takes until `time` from now, or until this is called again.
  void extend_timeout(std::chrono::nanoseconds time);

 private:
  Send send_;
  std::string status_;
};

// Within what time the manager expects alive(); nothing where it does not ($WATCHDOG_USEC, $WATCHDOG_PID).
[[nodiscard]] std::optional<std::chrono::nanoseconds> watchdog_interval();

}  // namespace spoold
