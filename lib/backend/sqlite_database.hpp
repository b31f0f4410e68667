#pragma once

#include <sqlite3.h>

#include <memory>
#include <optional>
#include <string>

#include "backend/sqlite_backend.hpp"
#include "backend/sqlite_brake.hpp"
#include "backend/sqlite_fault.hpp"
#include "backend/sqlite_guard.hpp"

namespace spoold {

// One connection to a database that exists, set up for running other people's SQL: durable as configured, no
// extensions, no attached databases, defensive, limited, under guard and brake. Every call is made on one
// thread.
class SqliteDatabase {
 public:
  // The brake outlives it.
  explicit SqliteDatabase(SqliteBrake& brake) : brake_(brake) {}
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;
  ~SqliteDatabase();

  // Nothing if it is open now. Never creates a file; an empty file (0 bytes) is taken only if `empty` allows,
  // since that is what a truncated database looks like. Call once.
  enum class Empty { refused, taken };
  [[nodiscard]] std::optional<Unavailable> open(const SqliteOptions& options, Empty empty);

  // True if the file it was opened from is no longer the one at the path.
  [[nodiscard]] bool moved() const;

  [[nodiscard]] sqlite3* connection() const { return connection_.get(); }
  [[nodiscard]] SqliteGuard& guard() { return guard_; }

 private:
  struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
  };
  [[nodiscard]] std::optional<SqliteFault> connect(const std::string& path);
  void restrict_it(const SqliteOptions& options);
  [[nodiscard]] std::optional<Unavailable> set_up(const SqliteOptions& options);
  // Runs a pragma and compares what it answers.
  [[nodiscard]] std::optional<Unavailable> set(const SqliteOptions& options, const std::string& pragma,
                                               const std::string& expected);

  SqliteBrake& brake_;
  SqliteGuard guard_;
  std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace spoold
