#include "backend/sqlite_database.hpp"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "backend/sqlite_statement.hpp"

namespace spoold {

namespace {

constexpr int value_bytes_max = 128 * 1024 * 1024;  // of one string, BLOB or row
constexpr const char* wal_bytes_kept = "67108864";  // the WAL is cut to this after a checkpoint
constexpr int like_pattern_bytes_max = 1000;        // LIKE and GLOB take exponential time and cannot be
                                                    // interrupted

struct Limit {
  int which;
  int value;
};
constexpr std::array<Limit, 4> limits{{{SQLITE_LIMIT_ATTACHED, 0},
                                       {SQLITE_LIMIT_WORKER_THREADS, 0},
                                       {SQLITE_LIMIT_LENGTH, value_bytes_max},
                                       {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, like_pattern_bytes_max}}};

// Why a path is not even tried. SQLite would make the first sound like any other failure to open, wait on the
// second, and take the third for a new database.
std::optional<Unavailable> look_at(const std::string& path, SqliteDatabase::Empty empty) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    const int number = errno;
    if (number == ENOENT) {
      return Unavailable{
          "database " + path + " is missing; it is made only by `spoolctl init` or restored by you", {}};
    }
    return Unavailable{"database " + path + " cannot be reached: " + std::generic_category().message(number),
                       {}};
  }
  if (!S_ISREG(status.st_mode)) return Unavailable{"database " + path + " is not a regular file", {}};
  if (status.st_size == 0 && empty == SqliteDatabase::Empty::refused) {
    return Unavailable{
        "database " + path + " is empty (0 bytes): restore it, or make it with `spoolctl init`", {}};
  }
  return std::nullopt;
}

bool is_journal_mode(std::string_view mode) {
  return mode == "wal" || mode == "delete" || mode == "truncate" || mode == "persist";
}

// In WAL each COMMIT is synced under FULL; in the other modes EXTRA also syncs the directory after the
// journal is gone, without which a power cut can bring the journal back and roll a COMMIT back.
const char* synchronous_level(const SqliteOptions& options) {
  if (options.synchronous == "normal") return "1";
  return options.journal_mode == "wal" ? "2" : "3";
}

}  // namespace

SqliteDatabase::~SqliteDatabase() {
  brake_.detach();
  // An interrupt stays pending until the next statement begins. Pending, it would keep the closing from
  // moving the WAL into the file, and whoever copies the file alone after a stop would lose what is in the
  // WAL.
  if (connection_) sqlite3_exec(connection(), "SELECT 1", nullptr, nullptr, nullptr);
}

std::optional<Unavailable> SqliteDatabase::open(const SqliteOptions& options, Empty empty) {
  if (auto problem = look_at(options.database, empty)) return problem;
  if (auto fault = connect(options.database)) return unavailable(options.database, *fault);
  restrict_it(options);
  if (sqlite3_db_readonly(connection(), "main") == 1) {
    return Unavailable{
        "database " + options.database + " can be read but not written: check owner, mode and mount", {}};
  }
  return set_up(options);
}

std::optional<SqliteFault> SqliteDatabase::connect(const std::string& path) {
  sqlite3* raw = nullptr;
  constexpr int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  connection_.reset(raw);
  if (code != SQLITE_OK) return last_fault(raw, code);
  return std::nullopt;
}

void SqliteDatabase::restrict_it(const SqliteOptions& options) {
  sqlite3* const db = connection();
  brake_.attach(db);
  guard_.attach(db);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // The schema is the operator's: without trust its triggers could not keep a full-text index, which is what
  // they are most used for. What an entry must not do the guard denies inside triggers and views too.
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, options.foreign_keys ? 1 : 0, nullptr);
  for (const Limit& limit : limits) sqlite3_limit(db, limit.which, limit.value);
}

std::optional<Unavailable> SqliteDatabase::set_up(const SqliteOptions& options) {
  if (!is_journal_mode(options.journal_mode)) {
    return Unavailable{
        "journal_mode '" + options.journal_mode + "' is none of wal, delete, truncate, persist", {}};
  }
  if (auto problem = set(options, "journal_mode = " + options.journal_mode, options.journal_mode))
    return problem;
  if (auto problem = set(options, "journal_size_limit = " + std::string(wal_bytes_kept), wal_bytes_kept)) {
    return problem;
  }
  if (auto problem = set(options, "mmap_size = 0", "0")) return problem;
  const std::string level = synchronous_level(options);
  if (auto problem = set(options, "synchronous = " + level, "")) return problem;
  return set(options, "synchronous", level);
}

std::optional<Unavailable> SqliteDatabase::set(const SqliteOptions& options, const std::string& pragma,
                                               const std::string& expected) {
  const std::string sql = "PRAGMA main." + pragma;
  PreparedStatement prepared = prepare(connection(), sql, Lifetime::brief);
  if (prepared.fault) return unavailable(options.database, *prepared.fault);
  std::string answer;
  const int code = prepared.statement.step();
  if (code == SQLITE_ROW) {
    answer = reinterpret_cast<const char*>(sqlite3_column_text(prepared.statement.get(), 0));
  } else if (code != SQLITE_DONE) {
    return unavailable(options.database, prepared.statement.fault(code));
  }
  if (answer == expected) return std::nullopt;
  return Unavailable{"database " + options.database + " answers '" + answer + "' to " + sql + ", '" +
                         expected + "' was expected: another program may hold it in another mode",
                     {}};
}

bool SqliteDatabase::moved() const {
  int moved = 0;
  const int code = sqlite3_file_control(connection(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return code != SQLITE_OK || moved != 0;
}

}  // namespace spoold
