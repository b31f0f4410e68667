#pragma once

#include <sqlite3.h>

#include <string>

namespace spoold {

// What an entry's SQL may not do, enforced by SQLite's authorizer: it sees what a statement means, not how it
// is spelled. Denied: transaction control, SAVEPOINT, ATTACH and DETACH, PRAGMA, loading extensions, custom
// tokenizers, temporary tables, views and triggers (they would act on later entries), and every change of the
// ledger, also by the application's own triggers. VACUUM needs no rule: it never works in a transaction.
// Our own statements pass. On the connection's thread only; must outlive the connection.
class SqliteGuard {
 public:
  void attach(sqlite3* connection);

  // While it lives, what is prepared (and prepared again, after a change of the schema) is an entry's.
  class Watching {
   public:
    explicit Watching(SqliteGuard& guard);
    Watching(const Watching&) = delete;
    Watching& operator=(const Watching&) = delete;
    ~Watching();

   private:
    SqliteGuard& guard_;
  };

  // What was denied since Watching began, for people ("PRAGMA is not allowed in an entry"); empty if nothing.
  // Means something only where a statement failed: SQLite itself can do without some of it.
  [[nodiscard]] const std::string& denial() const { return denial_; }

 private:
  static int on_authorize(void* self, int action, const char* first, const char* second, const char* schema,
                          const char* inner_most);
  [[nodiscard]] int authorize(int action, const char* first, const char* second, const char* schema);

  bool watching_ = false;
  std::string denial_;
};

}  // namespace spoold
