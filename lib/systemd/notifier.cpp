#include "systemd/notifier.hpp"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace spoold {

namespace {

std::string microseconds(std::chrono::nanoseconds time) {
  const auto least = std::chrono::microseconds{1};
  return std::to_string(std::max(least, std::chrono::ceil<std::chrono::microseconds>(time)).count());
}

std::string extension(std::chrono::nanoseconds time) {
  return "EXTEND_TIMEOUT_USEC=" + microseconds(time);
}

}  // namespace

// A manager that does not listen any more is no reason to stop working.
Notifier::Notifier() : Notifier([](const std::string& message) { (void)::sd_notify(0, message.c_str()); }) {}

Notifier::Notifier(Send send) : send_(std::move(send)) {}

void Notifier::ready() {
  send_("READY=1");
}

void Notifier::reloading() {
  // steady_clock is CLOCK_MONOTONIC, which the manager compares this with.
  send_("RELOADING=1\nMONOTONIC_USEC=" + microseconds(std::chrono::steady_clock::now().time_since_epoch()));
}

void Notifier::stopping(std::optional<std::chrono::nanoseconds> time_to_end) {
  std::string message = "STOPPING=1";
  if (time_to_end) message += "\n" + extension(*time_to_end);
  send_(message);
}

void Notifier::status(std::string_view line) {
  if (line == status_) return;
  status_ = line;
  std::string value = status_;
  std::replace(value.begin(), value.end(), '\n', ' ');
  send_("STATUS=" + value);
}

void Notifier::alive() {
  send_("WATCHDOG=1");
}

void Notifier::extend_timeout(std::chrono::nanoseconds time) {
  send_(extension(time));
}

std::optional<std::chrono::nanoseconds> watchdog_interval() {
  std::uint64_t interval = 0;
  if (::sd_watchdog_enabled(0, &interval) <= 0) return std::nullopt;
  return std::chrono::microseconds{interval};
}

}  // namespace spoold
