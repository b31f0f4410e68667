#include "backend/sqlite_script.hpp"

#include <limits>

#include "base/duration.hpp"

namespace spoold {

namespace {

constexpr std::size_t texts_kept = 64;
constexpr std::size_t text_kept_bytes_max = 16 * 1024;  // so that the cache stays small, whatever comes

std::string names_of(const std::map<std::string, std::string>& statements) {
  std::string names;
  for (const auto& [name, sql] : statements) names += (names.empty() ? "" : ", ") + name;
  return names;
}

}  // namespace

// One entry's run.
class SqliteScript::Run {
 public:
  Run(SqliteScript& script, const Attempt& attempt, std::string_view sql, SqliteStatementCache& cache)
      : script_(script),
        attempt_(attempt),
        sql_(sql),
        cache_(cache),
        params_(attempt.entry->field("params")) {
    if (attempt.timeout) deadline_ = script.brake_.now() + *attempt.timeout;
  }

  [[nodiscard]] Outcome run() {
    if (SqliteStatement* kept = cache_.find(sql_)) {
      number_ = 1;
      if (auto outcome = execute(*kept)) return std::move(*outcome);
      return end();
    }
    return run_text();
  }

 private:
  // Each statement is prepared only after the one before it has run: it may need what that one made.
  [[nodiscard]] Outcome run_text() {
    SqliteStatement first;
    for (std::string_view rest = sql_; !rest.empty();) {
      ++number_;
      PreparedStatement prepared = prepare_next(rest);
      if (prepared.fault) return judge(*prepared.fault);
      rest = prepared.rest;
      if (!prepared.statement) {
        --number_;
        continue;
      }
      if (auto outcome = execute(prepared.statement)) return std::move(*outcome);
      if (number_ == 1) first = std::move(prepared.statement);
    }
    if (number_ == 0) return reject_unasked("sql holds no statement, only white space or comments");
    if (number_ == 1 && sql_.size() <= text_kept_bytes_max) cache_.keep(sql_, std::move(first));
    return end();
  }

  [[nodiscard]] PreparedStatement prepare_next(std::string_view rest) {
    const SqliteGuard::Watching watching{script_.guard_};
    const SqliteBrake::Armed armed{script_.brake_, deadline_};
    return prepare(script_.connection_, rest, Lifetime::brief);
  }

  // Nothing if it went well.
  [[nodiscard]] std::optional<Outcome> execute(SqliteStatement& statement) {
    // Many short statements would otherwise never meet the progress handler.
    if (auto interrupted = cut_short()) return std::move(*interrupted);
    if (deadline_ && script_.brake_.now() >= *deadline_) return Retry{where() + too_long(), {}};
    if (auto problem = params_.bind(statement)) {
      statement.reset();
      return Reject{where() + *problem};
    }
    const SqliteGuard::Watching watching{script_.guard_};
    const SqliteBrake::Armed armed{script_.brake_, statement_deadline()};
    if (auto fault = statement.run()) return judge(*fault);
    if (sqlite3_get_autocommit(script_.connection_) == 0) return std::nullopt;
    return Reject{where() + "the statement ended the transaction, which an entry may not do"};
  }

  [[nodiscard]] Outcome end() const {
    if (auto problem = params_.left_over()) return Reject{*problem};
    return Done{};
  }

  // A route's timeout bounds the whole attempt, the backend's each statement.
  [[nodiscard]] std::optional<MonotonicTime> statement_deadline() const {
    if (deadline_) return deadline_;
    return script_.brake_.now() + script_.options_.statement_timeout;
  }

  [[nodiscard]] Outcome judge(const SqliteFault& fault) const {
    switch (blame(fault.code)) {
      case SqliteBlame::entry:
        return Reject{where() + reason(fault)};
      case SqliteBlame::attempt:
        return Retry{where() + fault.text, {}};
      case SqliteBlame::interrupted:
        if (auto interrupted = cut_short()) return std::move(*interrupted);
        return Retry{where() + too_long(), {}};
      case SqliteBlame::lock:
        if (auto interrupted = cut_short()) return std::move(*interrupted);
        break;
      case SqliteBlame::database:
        break;
    }
    return unavailable(script_.options_.database, fault);
  }

  [[nodiscard]] std::optional<Interrupted> cut_short() const {
    if (script_.brake_.stopped()) return Interrupted{"spoold is stopping"};
    if (script_.brake_.cancelled()) return Interrupted{"it was cancelled"};
    return std::nullopt;
  }

  [[nodiscard]] std::string reason(const SqliteFault& fault) const {
    if (!script_.guard_.denial().empty()) return script_.guard_.denial();
    if (sqlite3_get_autocommit(script_.connection_) == 0) return fault.text;
    return fault.text + " (and it asked for ROLLBACK, which would undo other entries too: use ABORT instead)";
  }

  [[nodiscard]] std::string too_long() const {
    if (attempt_.timeout)
      return "still ran after the route's timeout of " + format_duration(*attempt_.timeout);
    return "still ran after statement_timeout, " + format_duration(script_.options_.statement_timeout);
  }

  // "statement 2 of 3: ", or nothing where there is only one.
  [[nodiscard]] std::string where() const {
    const std::size_t count = std::max(count_statements(sql_), number_);
    if (count == 1) return {};
    return "statement " + std::to_string(number_) + " of " + std::to_string(count) + ": ";
  }

  SqliteScript& script_;
  const Attempt& attempt_;
  std::string_view sql_;
  SqliteStatementCache& cache_;
  SqliteParameters params_;
  std::optional<MonotonicTime> deadline_;
  std::size_t number_ = 0;  // of the statement that runs, from 1
};

SqliteScript::SqliteScript(sqlite3* connection, SqliteGuard& guard, SqliteBrake& brake,
                           const SqliteOptions& options)
    : connection_(connection),
      guard_(guard),
      brake_(brake),
      options_(options),
      texts_(texts_kept),
      named_(std::numeric_limits<std::size_t>::max()) {}

Outcome SqliteScript::run(const Attempt& attempt) {
  const Json& sql = attempt.entry->field("sql");
  if (!sql.is_string()) return run_named(attempt);
  const auto& text = sql.get_ref<const std::string&>();
  // SQLite would take the text to end there, and silently leave out the rest.
  if (text.find('\0') != std::string::npos) return reject_unasked("sql contains a NUL character");
  return Run{*this, attempt, text, texts_}.run();
}

Outcome SqliteScript::run_named(const Attempt& attempt) {
  const std::string& operation = attempt.entry->operation;
  const auto found = options_.statements.find(operation);
  if (found != options_.statements.end()) return Run{*this, attempt, found->second, named_}.run();
  std::string reason = "the entry has no sql, and no statement is configured for the operation '" + operation;
  if (options_.statements.empty()) return reject_unasked(reason + "' (none is configured at all)");
  return reject_unasked(reason + "'; there are: " + names_of(options_.statements));
}

}  // namespace spoold
