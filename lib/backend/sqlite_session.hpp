#pragma once

#include <memory>
#include <optional>
#include <variant>

#include "backend/sqlite_database.hpp"
#include "backend/sqlite_ledger.hpp"
#include "backend/sqlite_script.hpp"

namespace spoold {

// An open database with its ledger and everything that is prepared on the connection: it goes as a whole, at
// the first sign of trouble with the file, and is made anew.
class SqliteSession {
 public:
  // What to do where the database has no ledger.
  enum class MissingLedger { make, refuse };
  using Opened = std::variant<std::unique_ptr<SqliteSession>, Unavailable>;
  // Options and brake outlive the session.
  [[nodiscard]] static Opened open(const SqliteOptions& options, SqliteBrake& brake, MissingLedger missing,
                                   SqliteDatabase::Empty empty);

  [[nodiscard]] std::optional<SqliteFault> begin() { return begin_.run(); }
  [[nodiscard]] std::optional<SqliteFault> commit() { return commit_.run(); }
  // Where the transaction is gone already, or cannot be rolled back, closing the session ends it as well.
  void roll_back();
  [[nodiscard]] bool in_transaction() const;

  // Runs one entry inside a transaction: savepoint, ledger, its SQL, release. Anything but Done: nothing of
  // it is left in the transaction, or there is no transaction any more. Done for an entry that the ledger
  // knows.
  [[nodiscard]] Outcome run(const Attempt& attempt, WallTime now);

  // True if the ledger holds the entry with the same content.
  [[nodiscard]] std::variant<bool, SqliteFault> is_recorded(const Attempt& attempt);

  // What a fault of one of our own statements comes to, which is never an entry's: Unavailable, or
  // Interrupted.
  [[nodiscard]] Outcome trouble(const SqliteFault& fault) const;

  [[nodiscard]] SqliteDatabase& database() { return database_; }
  [[nodiscard]] SqliteLedger& ledger() { return ledger_; }

 private:
  SqliteSession(const SqliteOptions& options, SqliteBrake& brake);
  [[nodiscard]] std::optional<Unavailable> check_ledger(MissingLedger missing);
  [[nodiscard]] std::optional<SqliteFault> prepare_all();

  [[nodiscard]] Outcome run_in_savepoint(const Attempt& attempt, WallTime now);
  [[nodiscard]] Outcome conflict(const Attempt& attempt, const EntryDigest& digest);
  [[nodiscard]] bool foreign_keys_broken() const;
  const SqliteOptions& options_;
  SqliteBrake& brake_;
  SqliteDatabase database_;  // before all that is prepared on it
  SqliteStatement begin_;
  SqliteStatement commit_;
  SqliteStatement savepoint_;
  SqliteStatement release_;
  SqliteStatement roll_back_to_;
  SqliteLedger ledger_;
  std::optional<SqliteScript> script_;
};

}  // namespace spoold
