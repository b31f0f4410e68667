#pragma once

#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>

#include "os/clock.hpp"

namespace spoold {

// What cuts a connection's work short: our stop, a person who takes the entry back that runs, the deadline of
// an entry's statement, the busy timeout. Outlives the connections it is attached to. stop(), stopped(),
// cancel() and forget() are for any thread, the rest for the connection's.
class SqliteBrake {
 public:
  SqliteBrake(const Clock& clock, std::chrono::nanoseconds busy_timeout);

  // For good: interrupts what runs, ends every wait for a lock at once.
  void stop();
  [[nodiscard]] bool stopped() const { return stopped_.load(std::memory_order_relaxed); }

  // Ends the statements of that entry, now or when its turn comes, until it is forgotten.
  void cancel(std::uint64_t seq);
  void forget(std::uint64_t seq);

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

  // While it lives, it is this entry's turn. One at a time.
  class Turn {
   public:
    Turn(SqliteBrake& brake, std::uint64_t seq);
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn();

   private:
    SqliteBrake& brake_;
  };
  // The entry whose turn it is was taken back.
  [[nodiscard]] bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

 private:
  static int on_progress(void* self);
  static int on_busy(void* self, int times);
  [[nodiscard]] bool must_end() const;
  [[nodiscard]] bool wait_for_lock(int times);

  const Clock& clock_;
  std::chrono::nanoseconds busy_timeout_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> cancelled_{false};
  bool armed_ = false;
  std::optional<MonotonicTime> deadline_;
  MonotonicTime busy_since_{};

  // Guards the connection against being closed under stop(), the wake-up, and what is below.
  std::mutex mutex_;
  std::optional<std::uint64_t> turn_;
  std::set<std::uint64_t> taken_back_;
  std::condition_variable woken_;
  sqlite3* connection_ = nullptr;
};

}  // namespace spoold
