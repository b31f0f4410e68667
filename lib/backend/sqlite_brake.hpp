#pragma once

#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "os/clock.hpp"

namespace spoold {

// What cuts a connection's work short: our stop, the deadline of an entry's statement, the busy timeout.
// Outlives the connections it is attached to. stop() and stopped() are for any thread, the rest for the
// connection's.
class SqliteBrake {
 public:
  SqliteBrake(const Clock& clock, std::chrono::nanoseconds busy_timeout);

  // For good: interrupts what runs, ends every wait for a lock at once.
  void stop();
  [[nodiscard]] bool stopped() const { return stopped_.load(std::memory_order_relaxed); }

  void attach(sqlite3* connection);
  // Before the connection is closed.
  void detach();

  [[nodiscard]] MonotonicTime now() const { return clock_.monotonic_now(); }
  [[nodiscard]] std::chrono::nanoseconds busy_timeout() const { return busy_timeout_; }

  // While it lives, stop and deadline interrupt the statements that run. Only an entry's own SQL runs under
  // it: our own statements are short, and a COMMIT that did its work must not be reported as interrupted.
  class Armed {
   public:
    Armed(SqliteBrake& brake, std::optional<MonotonicTime> deadline);
    Armed(const Armed&) = delete;
    Armed& operator=(const Armed&) = delete;
    ~Armed();

   private:
    SqliteBrake& brake_;
  };

 private:
  static int on_progress(void* self);
  static int on_busy(void* self, int times);
  [[nodiscard]] bool must_end() const;
  [[nodiscard]] bool wait_for_lock(int times);

  const Clock& clock_;
  std::chrono::nanoseconds busy_timeout_;
  std::atomic<bool> stopped_{false};
  bool armed_ = false;
  std::optional<MonotonicTime> deadline_;
  MonotonicTime busy_since_{};

  std::mutex mutex_;  // guards the connection against being closed under stop(), and the wake-up
  std::condition_variable woken_;
  sqlite3* connection_ = nullptr;
};

}  // namespace spoold
