#include "backend/sqlite_statement_cache.hpp"

namespace spoold {

SqliteStatement* SqliteStatementCache::find(std::string_view text) {
  const auto found = by_text_.find(text);
  if (found == by_text_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found->second);
  return &found->second->statement;
}

void SqliteStatementCache::keep(std::string_view text, SqliteStatement statement) {
  if (by_text_.contains(text)) return;
  kept_.push_front(Kept{std::string(text), std::move(statement)});
  by_text_.emplace(kept_.front().text, kept_.begin());
  if (kept_.size() <= capacity_) return;
  by_text_.erase(kept_.back().text);
  kept_.pop_back();
}

}  // namespace spoold
