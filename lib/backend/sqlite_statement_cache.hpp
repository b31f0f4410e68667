#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "backend/sqlite_statement.hpp"

namespace spoold {

// Prepared statements by their text; the least recently used gives way. For texts of exactly one statement:
// producers send the same few texts again and again, and preparing costs more than running them.
class SqliteStatementCache {
 public:
  explicit SqliteStatementCache(std::size_t capacity) : capacity_(capacity) {}

  // Null if it is not kept. Valid until the next keep().
  [[nodiscard]] SqliteStatement* find(std::string_view text);
  void keep(std::string_view text, SqliteStatement statement);

 private:
  struct Kept {
    std::string text;
    SqliteStatement statement;
  };
  std::size_t capacity_;
  std::list<Kept> kept_;                                                     // most recently used first
  std::unordered_map<std::string_view, std::list<Kept>::iterator> by_text_;  // views into kept_
};

}  // namespace spoold
