#include "backend/sqlite_brake.hpp"

#include <algorithm>

namespace spoold {

namespace {

constexpr int progress_steps = 1000;  // of SQLite's virtual machine, some tens of microseconds

}  // namespace

SqliteBrake::SqliteBrake(const Clock& clock, std::chrono::nanoseconds busy_timeout)
    : clock_(clock), busy_timeout_(busy_timeout) {}

void SqliteBrake::stop() {
  const std::lock_guard lock{mutex_};
  stopped_.store(true, std::memory_order_relaxed);
  // This also reaches the parser and a long checkpoint. SQLite forgets an interrupt that comes just before a
  // statement begins, so the progress handler looks at the flag as well.
  if (connection_ != nullptr) sqlite3_interrupt(connection_);
  woken_.notify_all();
}

// The progress handler looks often enough; sqlite3_interrupt might hit a statement of our own, or the next
// entry's.
void SqliteBrake::cancel(std::uint64_t seq) {
  const std::lock_guard lock{mutex_};
  taken_back_.insert(seq);
  if (turn_ == seq) cancelled_.store(true, std::memory_order_relaxed);
  woken_.notify_all();
}

void SqliteBrake::forget(std::uint64_t seq) {
  const std::lock_guard lock{mutex_};
  taken_back_.erase(seq);
}

SqliteBrake::Turn::Turn(SqliteBrake& brake, std::uint64_t seq) : brake_(brake) {
  const std::lock_guard lock{brake_.mutex_};
  brake_.turn_ = seq;
  brake_.cancelled_.store(brake_.taken_back_.contains(seq), std::memory_order_relaxed);
}

SqliteBrake::Turn::~Turn() {
  const std::lock_guard lock{brake_.mutex_};
  brake_.turn_.reset();
  brake_.cancelled_.store(false, std::memory_order_relaxed);
}

void SqliteBrake::attach(sqlite3* connection) {
  sqlite3_progress_handler(connection, progress_steps, &SqliteBrake::on_progress, this);
  sqlite3_busy_handler(connection, &SqliteBrake::on_busy, this);
  const std::lock_guard lock{mutex_};
  connection_ = connection;
}

void SqliteBrake::detach() {
  const std::lock_guard lock{mutex_};
  connection_ = nullptr;
}

SqliteBrake::Armed::Armed(SqliteBrake& brake, std::optional<MonotonicTime> deadline) : brake_(brake) {
  brake_.deadline_ = deadline;
  brake_.armed_ = true;
}

SqliteBrake::Armed::~Armed() {
  brake_.armed_ = false;
}

int SqliteBrake::on_progress(void* self) {
  return static_cast<SqliteBrake*>(self)->must_end() ? 1 : 0;
}

int SqliteBrake::on_busy(void* self, int times) {
  return static_cast<SqliteBrake*>(self)->wait_for_lock(times) ? 1 : 0;
}

bool SqliteBrake::must_end() const {
  return armed_ && (stopped() || cancelled() || (deadline_ && now() >= *deadline_));
}

// SQLite's own busy timeout sleeps through a stop; this one wakes.
bool SqliteBrake::wait_for_lock(int times) {
  if (times == 0) busy_since_ = now();
  const auto left = busy_timeout_ - (now() - busy_since_);
  if (left <= std::chrono::nanoseconds{0}) return false;
  const std::chrono::nanoseconds pause = std::chrono::milliseconds{std::min(1 + times * 2, 50)};
  std::unique_lock lock{mutex_};
  woken_.wait_for(lock, std::min<std::chrono::nanoseconds>(pause, left),
                  [this] { return stopped() || cancelled(); });
  return !stopped() && !cancelled();
}

}  // namespace spoold
