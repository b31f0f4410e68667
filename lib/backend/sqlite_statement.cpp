#include "backend/sqlite_statement.hpp"

#include <algorithm>
#include <limits>

namespace spoold {

void SqliteStatement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(get(), index, value);
}

void SqliteStatement::bind(int index, std::string_view text) {
  sqlite3_bind_text64(get(), index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void SqliteStatement::bind_blob(int index, const void* bytes, std::size_t size) {
  sqlite3_bind_blob64(get(), index, bytes, size, SQLITE_STATIC);
}

std::optional<SqliteFault> SqliteStatement::run() {
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = step();
  std::optional<SqliteFault> problem;
  if (code != SQLITE_DONE) problem = fault(code);
  reset();
  return problem;
}

int SqliteStatement::step() {
  return sqlite3_step(get());
}

SqliteFault SqliteStatement::fault(int code) const {
  return last_fault(sqlite3_db_handle(get()), code);
}

void SqliteStatement::reset() {
  // The code is that of the last step, which has been looked at.
  sqlite3_reset(get());
  if (sqlite3_bind_parameter_count(get()) > 0) sqlite3_clear_bindings(get());
}

PreparedStatement prepare(sqlite3* connection, std::string_view sql, Lifetime lifetime) {
  if (sql.size() >= static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return PreparedStatement{{}, {}, SqliteFault{SQLITE_TOOBIG, sqlite3_errstr(SQLITE_TOOBIG), 0}};
  }
  const unsigned flags = lifetime == Lifetime::persistent ? SQLITE_PREPARE_PERSISTENT : 0;
  sqlite3_stmt* raw = nullptr;
  const char* tail = sql.data();
  // Given the length with the NUL, SQLite reads the text in place; without, it would copy all of what is left
  // for each of its statements.
  const int length = static_cast<int>(sql.size()) + 1;
  const int code = sqlite3_prepare_v3(connection, sql.data(), length, flags, &raw, &tail);
  const std::size_t read = std::min(static_cast<std::size_t>(tail - sql.data()), sql.size());
  PreparedStatement prepared{SqliteStatement{raw}, sql.substr(read), {}};
  if (code != SQLITE_OK) prepared.fault = last_fault(connection, code);
  return prepared;
}

}  // namespace spoold
