#include "backend/sqlite_ledger.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace spoold {

namespace {

constexpr std::string_view create_sql =
    "CREATE TABLE IF NOT EXISTS main.spoold_ledger(key PRIMARY KEY NOT NULL, digest BLOB NOT NULL, entry "
    "INTEGER NOT NULL, "
    "done_at INTEGER NOT NULL) WITHOUT ROWID";

// Every column as "name type key-position", in order.
constexpr std::string_view shape_sql =
    "SELECT group_concat(name || ' ' || type || ' ' || pk, ', ') FROM pragma_table_info('spoold_ledger', "
    "'main')";
constexpr std::string_view shape = "key  1, digest BLOB 0, entry INTEGER 0, done_at INTEGER 0";

constexpr std::string_view kind_sql =
    "SELECT type FROM main.sqlite_schema WHERE name = 'spoold_ledger' COLLATE NOCASE";

constexpr std::string_view insert_sql =
    "INSERT INTO main.spoold_ledger(key, digest, entry, done_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO "
    "NOTHING";
constexpr std::string_view select_sql = "SELECT digest, entry FROM main.spoold_ledger WHERE key = ?1";

// The keys are ordered: every INTEGER before every TEXT. A slice is bounded by ?1 (left out) and ?2 (left
// out).
constexpr std::string_view slice_sql =
    "SELECT max(key), count(*), coalesce(sum(done_at < ?3 AND entry < ?4), 0) FROM (SELECT key, done_at, "
    "entry "
    "FROM main.spoold_ledger WHERE key > ?1 AND key < ?2 ORDER BY key LIMIT ?5)";
constexpr std::string_view delete_sql =
    "DELETE FROM main.spoold_ledger WHERE key > ?1 AND key <= ?2 AND done_at < ?3 AND entry < ?4";

std::string_view text_of(sqlite3_stmt* statement, int column) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  return {text == nullptr ? "" : text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

// The first column of the only row; empty where there is no row.
std::variant<std::string, SqliteFault> ask(sqlite3* connection, std::string_view sql) {
  PreparedStatement prepared = prepare(connection, sql, Lifetime::brief);
  if (prepared.fault) return *prepared.fault;
  const int code = prepared.statement.step();
  if (code == SQLITE_ROW) return std::string{text_of(prepared.statement.get(), 0)};
  if (code == SQLITE_DONE) return std::string{};
  return prepared.statement.fault(code);
}

void bind_key(SqliteStatement& statement, const Entry& entry, const EntryName& name) {
  if (entry.key) {
    statement.bind(1, std::string_view{*entry.key});
  } else {
    statement.bind(1, static_cast<std::int64_t>(name.seq));
  }
}

// For comparisons only: what lies beyond 64 bits is larger than every value there is.
std::int64_t clamp(std::uint64_t value) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(value, most));
}

LedgerRow row_of(sqlite3_stmt* statement) {
  LedgerRow row;
  const void* bytes = sqlite3_column_blob(statement, 0);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, 0));
  if (bytes != nullptr && size == row.digest.size()) std::memcpy(row.digest.data(), bytes, size);
  row.entry = static_cast<std::uint64_t>(sqlite3_column_int64(statement, 1));
  return row;
}

}  // namespace

std::variant<LedgerState, SqliteFault> inspect_ledger(sqlite3* connection) {
  auto kind = ask(connection, kind_sql);
  if (auto* fault = std::get_if<SqliteFault>(&kind)) return std::move(*fault);
  if (std::get<std::string>(kind).empty()) return LedgerState::missing;
  if (std::get<std::string>(kind) != "table") return LedgerState::other_shape;
  auto found = ask(connection, shape_sql);
  if (auto* fault = std::get_if<SqliteFault>(&found)) return std::move(*fault);
  return std::get<std::string>(found) == shape ? LedgerState::present : LedgerState::other_shape;
}

std::optional<SqliteFault> make_ledger(sqlite3* connection) {
  PreparedStatement prepared = prepare(connection, create_sql, Lifetime::brief);
  return prepared.fault ? std::move(prepared.fault) : prepared.statement.run();
}

std::optional<SqliteFault> SqliteLedger::open(sqlite3* connection) {
  connection_ = connection;
  struct Wanted {
    SqliteStatement& statement;
    std::string_view sql;
  };
  const std::array<Wanted, 4> all{
      {{insert_, insert_sql}, {select_, select_sql}, {slice_, slice_sql}, {delete_, delete_sql}}};
  for (const Wanted& wanted : all) {
    PreparedStatement prepared = prepare(connection, wanted.sql, Lifetime::persistent);
    if (prepared.fault) return std::move(prepared.fault);
    wanted.statement = std::move(prepared.statement);
  }
  return std::nullopt;
}

std::variant<bool, SqliteFault> SqliteLedger::record(const Entry& entry, const EntryName& name,
                                                     const EntryDigest& digest, WallTime now) {
  bind_key(insert_, entry, name);
  insert_.bind_blob(2, digest.data(), digest.size());
  insert_.bind(3, static_cast<std::int64_t>(name.seq));
  insert_.bind(4, now.time_since_epoch().count());
  if (auto fault = insert_.run()) return std::move(*fault);
  return sqlite3_changes64(connection_) == 1;
}

std::variant<std::optional<LedgerRow>, SqliteFault> SqliteLedger::find(const Entry& entry,
                                                                       const EntryName& name) {
  bind_key(select_, entry, name);
  std::variant<std::optional<LedgerRow>, SqliteFault> found;
  const int code = select_.step();
  if (code == SQLITE_ROW) {
    found = row_of(select_.get());
  } else if (code != SQLITE_DONE) {
    found = select_.fault(code);
  }
  select_.reset();
  return found;
}

std::variant<SqliteLedger::Slice, SqliteFault> SqliteLedger::look(const LedgerCursor& cursor,
                                                                  const Age& age) {
  bind_start(slice_, cursor, age);
  // A row is never older than its seq, so nothing at or above the cutoff needs to be looked at. After the
  // TEXT keys come only BLOBs, of which there are none.
  if (cursor.part == LedgerCursor::Part::seqs) {
    slice_.bind(2, std::min(age.entry_below, age.written_before));
  } else {
    slice_.bind_blob(2, "", 0);
  }
  slice_.bind(5, slice_rows);
  std::variant<Slice, SqliteFault> found;
  if (const int code = slice_.step(); code == SQLITE_ROW) {
    sqlite3_stmt* row = slice_.get();
    found = Slice{sqlite3_column_int64(row, 0), std::string{text_of(row, 0)}, sqlite3_column_int64(row, 1),
                  sqlite3_column_int64(row, 2)};
  } else {
    found = slice_.fault(code);
  }
  slice_.reset();
  return found;
}

void SqliteLedger::bind_start(SqliteStatement& statement, const LedgerCursor& cursor, const Age& age) {
  if (cursor.part == LedgerCursor::Part::seqs) {
    statement.bind(1, cursor.seq);
  } else {
    statement.bind(1, std::string_view{cursor.key});
  }
  statement.bind(3, age.written_before);
  statement.bind(4, age.entry_below);
}

std::optional<SqliteFault> SqliteLedger::forget(LedgerCursor& cursor, WallTime cutoff,
                                                std::uint64_t oldest_live) {
  const Age age{cutoff.time_since_epoch().count(), clamp(oldest_live)};
  const bool seqs = cursor.part == LedgerCursor::Part::seqs;
  auto looked = look(cursor, age);
  if (auto* fault = std::get_if<SqliteFault>(&looked)) return std::move(*fault);
  const Slice& slice = std::get<Slice>(looked);
  if (slice.old_rows > 0) {
    bind_start(delete_, cursor, age);
    if (seqs) {
      delete_.bind(2, slice.last_seq);
    } else {
      delete_.bind(2, std::string_view{slice.last_key});
    }
    if (auto fault = delete_.run()) return fault;
  }
  if (slice.rows == slice_rows) {
    cursor.seq = slice.last_seq;
    cursor.key = slice.last_key;
  } else {
    cursor = LedgerCursor{seqs ? LedgerCursor::Part::keys : LedgerCursor::Part::end, 0, {}};
  }
  return std::nullopt;
}

}  // namespace spoold
