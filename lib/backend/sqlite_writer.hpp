#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "backend/sqlite_session.hpp"

namespace spoold {

// Performs batches in transactions on one session, which it opens when needed and drops at every trouble with
// the database, so that the next try begins with nothing remembered. All calls but stop(), cancel() and
// forget_cancelled() are made on one thread. Throws nothing.
class SqliteWriter {
 public:
  // The clock outlives it.
  SqliteWriter(SqliteOptions options, const Clock& clock);

  [[nodiscard]] std::optional<Unavailable> open();
  [[nodiscard]] std::vector<Outcome> perform(const std::vector<Attempt>& batch);

  // Forgets one slice of the ledger. False: nothing more to do now.
  [[nodiscard]] bool forget(LedgerCursor& cursor, WallTime now, std::uint64_t oldest_live);

  // From any thread, for good. What runs is interrupted, and with it all of its transaction (SQLite rolls
  // back whenever it interrupts a writing statement). Seen between two entries, what ran before is committed,
  // which takes one sync, and the rest is not begun.
  void stop() { brake_.stop(); }

  // From any thread: the entry is taken back, unless it has run already; its statements are interrupted. A
  // transaction that is lost with them is done again for the others. To be forgotten after perform().
  void cancel(std::uint64_t seq) { brake_.cancel(seq); }
  void forget_cancelled(std::uint64_t seq) { brake_.forget(seq); }

  [[nodiscard]] const SqliteOptions& options() const { return options_; }

 private:
  class Batch;
  [[nodiscard]] std::optional<Unavailable> open_session();

  SqliteOptions options_;
  const Clock& clock_;
  SqliteBrake brake_;
  std::unique_ptr<SqliteSession> session_;
  bool ledger_seen_ = false;
};

}  // namespace spoold
