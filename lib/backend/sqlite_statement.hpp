#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "backend/sqlite_fault.hpp"

namespace spoold {

// Owns one prepared statement; move-only. Must go before its connection is closed. Every call is made on the
// connection's thread.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  [[nodiscard]] explicit operator bool() const { return statement_ != nullptr; }
  [[nodiscard]] sqlite3_stmt* get() const { return statement_.get(); }

  // Binds by position, from 1. Text is not copied: it must outlive run(). A failure (out of memory) shows as
  // the value NULL, which no internal statement accepts.
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view text);
  void bind_blob(int index, const void* bytes, std::size_t size);

  // Runs it to its end; result rows are dropped. Ready to be bound and run again afterwards.
  [[nodiscard]] std::optional<SqliteFault> run();

  // The next row: SQLITE_ROW, SQLITE_DONE, or an error. End with reset().
  [[nodiscard]] int step();
  [[nodiscard]] SqliteFault fault(int code) const;
  void reset();

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// The first statement of an SQL text, and where it ends. No statement and no fault: only white space and
// comments were left.
struct PreparedStatement {
  SqliteStatement statement;
  std::string_view rest;
  std::optional<SqliteFault> fault;
};

enum class Lifetime { brief, persistent };  // persistent: kept and run many times

// REQUIRES: a NUL follows the text, and there is none in it.
[[nodiscard]] PreparedStatement prepare(sqlite3* connection, std::string_view sql, Lifetime lifetime);

}  // namespace spoold
