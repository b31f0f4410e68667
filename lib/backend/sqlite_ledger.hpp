#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "backend/sqlite_statement.hpp"
#include "base/time.hpp"
#include "entry/entry.hpp"
#include "entry/entry_name.hpp"

// The ledger: which entries had their effect. A row is written in the transaction of the effect itself.
//
//   spoold_ledger(key, digest BLOB, entry INTEGER, done_at INTEGER)
//
// key      an entry's seq (INTEGER), or the producer's idempotency key (TEXT). The column has no affinity, so
//          the key '17' and the seq 17 are two things. Being the time of enqueueing in nanoseconds, a seq
//          also bounds from below when its row was written.
// digest   SHA-256 of what was asked for
// entry    the seq of the entry that did it
// done_at  nanoseconds since 1970

namespace spoold {

constexpr const char* ledger_table = "spoold_ledger";

enum class LedgerState {
  present,
  missing,
  other_shape  // a table, view or index of that name that is not our ledger
};
[[nodiscard]] std::variant<LedgerState, SqliteFault> inspect_ledger(sqlite3* connection);
[[nodiscard]] std::optional<SqliteFault> make_ledger(sqlite3* connection);

struct LedgerRow {
  EntryDigest digest{};
  std::uint64_t entry = 0;
};

// Where forgetting goes on with the next slice; begins at the seqs.
struct LedgerCursor {
  enum class Part { seqs, keys, end };
  Part part = Part::seqs;
  std::int64_t seq = 0;
  std::string key;
};

// The ledger's prepared statements on one connection, and on its thread.
class SqliteLedger {
 public:
  // Prepares the statements. REQUIRES: the ledger is present.
  [[nodiscard]] std::optional<SqliteFault> open(sqlite3* connection);

  // Records an entry. False: its key is there already, from this or another entry.
  [[nodiscard]] std::variant<bool, SqliteFault> record(const Entry& entry, const EntryName& name,
                                                       const EntryDigest& digest, WallTime now);

  // What is recorded under the entry's key, if anything.
  [[nodiscard]] std::variant<std::optional<LedgerRow>, SqliteFault> find(const Entry& entry,
                                                                         const EntryName& name);

  // Looks at up to `slice_rows` rows after the cursor, deletes those that were written before `cutoff` for
  // entries below `oldest_live`, and moves the cursor on. The write lock is taken only where there is
  // something to delete.
  [[nodiscard]] std::optional<SqliteFault> forget(LedgerCursor& cursor, WallTime cutoff,
                                                  std::uint64_t oldest_live);

  static constexpr std::int64_t slice_rows = 1000;

 private:
  struct Age {  // a row older than both is forgotten
    std::int64_t written_before;
    std::int64_t entry_below;
  };
  struct Slice {
    std::int64_t last_seq = 0;
    std::string last_key;
    std::int64_t rows = 0;
    std::int64_t old_rows = 0;
  };
  [[nodiscard]] std::variant<Slice, SqliteFault> look(const LedgerCursor& cursor, const Age& age);
  static void bind_start(SqliteStatement& statement, const LedgerCursor& cursor, const Age& age);

  sqlite3* connection_ = nullptr;
  SqliteStatement insert_;
  SqliteStatement select_;
  SqliteStatement slice_;
  SqliteStatement delete_;
};

}  // namespace spoold
