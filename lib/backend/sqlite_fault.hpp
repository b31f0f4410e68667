#pragma once

#include <sqlite3.h>

#include <string>

#include "entry/outcome.hpp"

namespace spoold {

// An error of SQLite's, taken down at once, before another call on the connection overwrites it.
struct SqliteFault {
  int code = SQLITE_ERROR;  // extended result code
  std::string text;         // SQLite's own words
  int system_error = 0;     // errno behind a fault of the file, else 0
};

// REQUIRES: `code` is what the last call on this connection returned. The connection may be null (out of
// memory while opening).
[[nodiscard]] SqliteFault last_fault(sqlite3* connection, int code);

// Whom an error is to be blamed on, and so what becomes of the entry.
enum class SqliteBlame {
  entry,        // it will never work: syntax, missing table, constraint, value too large, not authorized
  attempt,      // unclear: may work another time
  lock,         // another connection holds the database
  interrupted,  // our stop, or the statement's deadline
  database      // the file, the disk, the machine: full, I/O, damaged, read-only, out of memory
};
[[nodiscard]] SqliteBlame blame(int code);

// What people are told of a fault of the circumstances: the database's path, what is wrong, what may be done.
[[nodiscard]] Unavailable unavailable(const std::string& path, const SqliteFault& fault);

}  // namespace spoold
