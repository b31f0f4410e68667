#include "backend/sqlite_fault.hpp"

#include <system_error>

namespace spoold {

namespace {

// "database disk image is malformed (SQLite code 11)", with the system's own text where there is one.
std::string details(const SqliteFault& fault) {
  std::string text = fault.text + " (SQLite code " + std::to_string(fault.code);
  if (fault.system_error != 0) text += "; " + std::generic_category().message(fault.system_error);
  return text + ")";
}

bool comes_from_a_file(int code) {
  const int primary = code & 0xff;
  return primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN || primary == SQLITE_FULL;
}

}  // namespace

SqliteFault last_fault(sqlite3* connection, int code) {
  if (connection == nullptr) return SqliteFault{code, sqlite3_errstr(code), 0};
  return SqliteFault{code, sqlite3_errmsg(connection),
                     comes_from_a_file(code) ? sqlite3_system_errno(connection) : 0};
}

SqliteBlame blame(int code) {
  // An index of full-text search that an entry found damaged (or asked to be checked) says nothing about the
  // database file; blaming that would let one entry stop all the others.
  if (code == SQLITE_CORRUPT_VTAB) return SqliteBlame::entry;
  switch (code & 0xff) {
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE:
    case SQLITE_AUTH:
      return SqliteBlame::entry;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return SqliteBlame::lock;
    case SQLITE_INTERRUPT:
      return SqliteBlame::interrupted;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
    case SQLITE_NOLFS:
      return SqliteBlame::database;
    default:
      return SqliteBlame::attempt;
  }
}

Unavailable unavailable(const std::string& path, const SqliteFault& fault) {
  const std::string database = "database " + path;
  switch (fault.code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Unavailable{database + " is held by another connection: " + details(fault), {}};
    case SQLITE_FULL:
      return Unavailable{database + " cannot grow, no space is left: " + details(fault), {}};
    case SQLITE_CORRUPT:
      return Unavailable{database + " is damaged, restore it from a backup: " + details(fault), {}};
    case SQLITE_NOTADB:
      return Unavailable{database + " is no SQLite database, or its first page is damaged: " + details(fault),
                         {}};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return Unavailable{database + " cannot be written (owner, mode, or file system): " + details(fault),
                         {}};
    case SQLITE_CANTOPEN:
      return Unavailable{database + ", or a file beside it, cannot be opened: " + details(fault), {}};
    case SQLITE_NOMEM:
      return Unavailable{database + ": out of memory", {}};
    default:
      return Unavailable{database + ": " + details(fault), {}};
  }
}

}  // namespace spoold
