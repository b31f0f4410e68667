#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "backend/sqlite_session.hpp"
#include "os/ownership.hpp"
#include "os/unique_fd.hpp"

namespace spoold {

namespace {

// True if it made the file. Closed again before SQLite opens it: closing any descriptor of a file drops all
// of the process's POSIX locks on it.
Result<bool> make_file(const std::string& path) {
  const UniqueFd fd{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (fd) return true;
  if (errno == EEXIST) return false;
  return system_error(errno, "create the database", path);
}

// A file that root has just made is given to the owner of its directory.
Result<void> hand_over_and_sync(const std::string& path, bool made) {
  const std::size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const UniqueFd fd{::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd) return system_error(errno, "open the directory", parent);
  if (made)
    SPOOLD_TRY(give_to_owner_of(fd.get(), slash == std::string::npos ? path : path.substr(slash + 1)));
  if (::fsync(fd.get()) == 0) return {};
  Error error = system_error(errno, "sync the directory", parent);
  error.kind = ErrorKind::unknown;
  return error;
}

// The ledger, moved from the WAL into the file itself.
std::optional<std::string> make_content(const SqliteOptions& options) {
  const SystemClock clock;
  SqliteBrake brake{clock, options.busy_timeout};
  const auto opened =
      SqliteSession::open(options, brake, SqliteSession::MissingLedger::make, SqliteDatabase::Empty::taken);
  if (const auto* problem = std::get_if<Unavailable>(&opened)) return problem->reason;
  sqlite3* connection = std::get<std::unique_ptr<SqliteSession>>(opened)->database().connection();
  const int code =
      sqlite3_wal_checkpoint_v2(connection, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code == SQLITE_OK || blame(code) == SqliteBlame::lock) return std::nullopt;
  return unavailable(options.database, last_fault(connection, code)).reason;
}

}  // namespace

Result<bool> create_sqlite_database(const SqliteOptions& options) {
  const Result<bool> made = make_file(options.database);
  if (!made) return made.error();
  if (auto problem = make_content(options)) {
    if (*made) ::unlink(options.database.c_str());
    return Error{ErrorKind::io, std::move(*problem)};
  }
  if (auto done = hand_over_and_sync(options.database, *made); !done) return done.error();
  return *made;
}

}  // namespace spoold
