#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "backend/backend.hpp"
#include "os/clock.hpp"

namespace spoold {

// A backend `type: sqlite` of the configuration.
struct SqliteOptions {
  std::string database;     // path; made by `spoolctl init` only, never by the daemon
  std::size_t batch = 100;  // entries a transaction, 1 to 10000
  std::chrono::nanoseconds busy_timeout = std::chrono::seconds{5};
  std::chrono::nanoseconds statement_timeout = std::chrono::seconds{30};  // above 0; of each statement
  std::chrono::nanoseconds ledger_age = std::chrono::hours{24 * 7};
  std::string journal_mode = "wal";  // wal, delete, truncate, persist
  std::string synchronous =
      "full";                 // full (extra outside WAL), or normal: loses P3 on power cuts, said in the docs
  bool foreign_keys = false;  // SQLite's own default
  std::map<std::string, std::string> statements;  // by operation, for entries without `sql`

  friend bool operator==(const SqliteOptions&, const SqliteOptions&) = default;
};

// Runs the SQL of entries in one database: batches of up to `batch` entries in one transaction, each isolated
// by a savepoint and recorded in the ledger in the same transaction, so that its effect takes place once
// (DESIGN: P3). Verdicts in docs/queue.md. One writer connection on one thread of its own; the connection is
// opened lazily and reopened after trouble. Never creates a database.
class SqliteBackend final : public Backend {
 public:
  // `loop` is where results are delivered; its context and the clock must outlive the backend. Destroy it
  // only when nothing awaits it.
  SqliteBackend(boost::asio::any_io_executor loop, const Clock& clock, SqliteOptions options);
  ~SqliteBackend() override;

  [[nodiscard]] boost::asio::awaitable<std::optional<Unavailable>> open() override;
  [[nodiscard]] boost::asio::awaitable<std::vector<Outcome>> perform(std::vector<Attempt> batch) override;
  [[nodiscard]] std::size_t batch_max() const override;
  [[nodiscard]] std::size_t bundle_max() const override;
  [[nodiscard]] std::size_t concurrency() const override;
  [[nodiscard]] bool remembers() const override { return true; }
  void stop() override;
  // What has run stays in its transaction, though that is not committed yet, and is done.
  void interrupt(std::uint64_t seq) override;
  [[nodiscard]] boost::asio::awaitable<void> maintain(WallTime now, std::uint64_t oldest_live) override;

 private:
  class Thread;
  std::multiset<std::uint64_t> performing_;  // seqs, from perform() to its end
  std::set<std::uint64_t> cancelled_;        // of these
  std::unique_ptr<Thread> thread_;
};

// Makes the database file (mode 0600 less the umask) and the ledger if they are missing, durably (spoolctl
// init). Made by root it belongs to the owner of its directory. Says whether it made the file. Not for a
// database that this process has open: the locks of the other connection would be lost.
[[nodiscard]] Result<bool> create_sqlite_database(const SqliteOptions& options);

}  // namespace spoold
