#include "backend/sqlite_guard.hpp"

#include "backend/sqlite_ledger.hpp"

namespace spoold {

namespace {

bool same(const char* name, const char* other) {
  return name != nullptr && sqlite3_stricmp(name, other) == 0;
}

// SQLite's own full-text search, R-tree and ALTER TABLE ask these; they change nothing.
bool harmless_pragma(const char* name, const char* value) {
  return same(name, "quick_check") ||
         (value == nullptr && (same(name, "data_version") || same(name, "page_size")));
}

// The table that an action changes, where it changes one.
const char* changed_table(int action, const char* first, const char* second) {
  switch (action) {
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_VIEW:
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_TABLE:
    case SQLITE_DROP_VIEW:
    case SQLITE_DROP_VTABLE:
      return first;
    case SQLITE_ALTER_TABLE:
    case SQLITE_CREATE_INDEX:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_DROP_INDEX:
    case SQLITE_DROP_TRIGGER:
      return second;
    default:
      return nullptr;
  }
}

// What is not allowed, or null.
const char* forbidden(int action, const char* first, const char* second, const char* schema) {
  switch (action) {
    case SQLITE_TRANSACTION:
      return "transaction control (BEGIN, COMMIT, ROLLBACK)";
    case SQLITE_SAVEPOINT:
      return "SAVEPOINT, RELEASE or ROLLBACK TO";
    case SQLITE_ATTACH:
      return "ATTACH";
    case SQLITE_DETACH:
      return "DETACH";
    case SQLITE_PRAGMA:
      return harmless_pragma(first, second) ? nullptr : "PRAGMA";
    case SQLITE_FUNCTION:
      if (same(second, "load_extension")) return "load_extension()";
      return same(second, "fts3_tokenizer") ? "fts3_tokenizer()" : nullptr;
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_CREATE_TEMP_VIEW:
      return "CREATE TEMP";
    default:
      break;
  }
  const char* table = changed_table(action, first, second);
  if (table == nullptr) return nullptr;
  if (same(table, ledger_table)) return "changing the table spoold_ledger";
  // CREATE TABLE temp.x is spelled like any other, only its schema tells.
  return same(schema, "temp") ? "CREATE TEMP" : nullptr;
}

}  // namespace

void SqliteGuard::attach(sqlite3* connection) {
  sqlite3_set_authorizer(connection, &SqliteGuard::on_authorize, this);
}

SqliteGuard::Watching::Watching(SqliteGuard& guard) : guard_(guard) {
  guard_.denial_.clear();
  guard_.watching_ = true;
}

SqliteGuard::Watching::~Watching() {
  guard_.watching_ = false;
}

int SqliteGuard::on_authorize(void* self, int action, const char* first, const char* second,
                              const char* schema, const char*) {
  return static_cast<SqliteGuard*>(self)->authorize(action, first, second, schema);
}

int SqliteGuard::authorize(int action, const char* first, const char* second, const char* schema) {
  if (!watching_) return SQLITE_OK;
  const char* what = forbidden(action, first, second, schema);
  if (what == nullptr) return SQLITE_OK;
  denial_ = std::string(what) + " is not allowed in an entry";
  return SQLITE_DENY;
}

}  // namespace spoold
