#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backend/sqlite_statement.hpp"
#include "entry/json.hpp"

namespace spoold {

// An entry's `params`, bound to its statements one after the other.
//
// An array is used up in order, each statement taking as many values as it has parameters. An object gives
// values by name, written with or without the : @ $ of the SQL; each statement takes what it names, and every
// name must be taken by one. null, true, false, integers, reals and strings become what SQLite has for them
// (true is 1), arrays and objects their JSON text.
class SqliteParameters {
 public:
  // `params` outlives this; null means there are none.
  explicit SqliteParameters(const Json& params);

  // Binds one statement's. Returns what is wrong, for people.
  [[nodiscard]] std::optional<std::string> bind(SqliteStatement& statement);

  // After the last statement: values that nothing took, if any.
  [[nodiscard]] std::optional<std::string> left_over() const;

 private:
  [[nodiscard]] std::optional<std::string> bind_in_order(sqlite3_stmt* statement, int count);
  [[nodiscard]] std::optional<std::string> bind_by_name(sqlite3_stmt* statement, int count);

  const Json& params_;
  std::size_t taken_ = 0;          // of an array
  std::vector<bool> taken_names_;  // of an object, in its order
};

}  // namespace spoold
