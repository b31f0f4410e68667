#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "backend/backend.hpp"
#include "backend/sqlite_backend.hpp"
#include "backend/sqlite_brake.hpp"
#include "backend/sqlite_guard.hpp"
#include "backend/sqlite_parameters.hpp"
#include "backend/sqlite_statement_cache.hpp"

namespace spoold {

// Statements in an SQL text as a person counts them: white space, comments and empty statements do not count,
// a trigger's body belongs to its CREATE TRIGGER. For messages; what runs is decided by SQLite's own parser.
[[nodiscard]] std::size_t count_statements(std::string_view sql);

// Runs the SQL of entries, one at a time, under the guard and against the deadline. Knows nothing of
// transactions and of the ledger, but notices when a statement ended the transaction it ran in.
class SqliteScript {
 public:
  // All of these outlive it.
  SqliteScript(sqlite3* connection, SqliteGuard& guard, SqliteBrake& brake, const SqliteOptions& options);

  // Runs every statement of the attempt's entry, in order, up to the first that fails. Anything but Done:
  // what earlier statements did is still there, for the caller to roll back.
  [[nodiscard]] Outcome run(const Attempt& attempt);

 private:
  class Run;
  [[nodiscard]] Outcome run_named(const Attempt& attempt);

  sqlite3* connection_;
  SqliteGuard& guard_;
  SqliteBrake& brake_;
  const SqliteOptions& options_;
  SqliteStatementCache texts_;
  SqliteStatementCache named_;
};

}  // namespace spoold
