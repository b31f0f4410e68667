#include "backend/sqlite_session.hpp"

#include <array>

namespace spoold {

SqliteSession::SqliteSession(const SqliteOptions& options, SqliteBrake& brake)
    : options_(options), brake_(brake), database_(brake) {}

SqliteSession::Opened SqliteSession::open(const SqliteOptions& options, SqliteBrake& brake,
                                          MissingLedger missing, SqliteDatabase::Empty empty) {
  std::unique_ptr<SqliteSession> session{new SqliteSession{options, brake}};
  if (auto problem = session->database_.open(options, empty)) return std::move(*problem);
  if (auto problem = session->check_ledger(missing)) return std::move(*problem);
  if (auto fault = session->prepare_all()) return unavailable(options.database, *fault);
  return session;
}

std::optional<Unavailable> SqliteSession::check_ledger(MissingLedger missing) {
  const std::string database = "database " + options_.database;
  const auto inspected = inspect_ledger(database_.connection());
  if (const auto* fault = std::get_if<SqliteFault>(&inspected)) return unavailable(options_.database, *fault);
  switch (std::get<LedgerState>(inspected)) {
    case LedgerState::present:
      return std::nullopt;
    case LedgerState::other_shape:
      return Unavailable{
          database +
              " has a table spoold_ledger that this version does not know; rename it, or run the "
              "version of spoold that made it",
          {}};
    case LedgerState::missing:
      break;
  }
  if (missing == MissingLedger::refuse) {
    return Unavailable{
        database +
            " has lost its table spoold_ledger, so what was done already is not known; restore the "
            "right database, or accept this one with `spoolctl init`",
        {}};
  }
  if (const auto fault = make_ledger(database_.connection())) return unavailable(options_.database, *fault);
  return std::nullopt;
}

std::optional<SqliteFault> SqliteSession::prepare_all() {
  struct Wanted {
    SqliteStatement& statement;
    std::string_view sql;
  };
  const std::array<Wanted, 5> all{{{begin_, "BEGIN IMMEDIATE"},
                                   {commit_, "COMMIT"},
                                   {savepoint_, "SAVEPOINT entry"},
                                   {release_, "RELEASE entry"},
                                   {roll_back_to_, "ROLLBACK TO entry"}}};
  for (const Wanted& wanted : all) {
    PreparedStatement prepared = prepare(database_.connection(), wanted.sql, Lifetime::persistent);
    if (prepared.fault) return std::move(prepared.fault);
    wanted.statement = std::move(prepared.statement);
  }
  if (auto fault = ledger_.open(database_.connection())) return fault;
  script_.emplace(database_.connection(), database_.guard(), brake_, options_);
  return std::nullopt;
}

void SqliteSession::roll_back() {
  if (in_transaction()) sqlite3_exec(database_.connection(), "ROLLBACK", nullptr, nullptr, nullptr);
}

bool SqliteSession::in_transaction() const {
  return sqlite3_get_autocommit(database_.connection()) == 0;
}

Outcome SqliteSession::run(const Attempt& attempt, WallTime now) {
  if (const auto fault = savepoint_.run()) return trouble(*fault);
  Outcome outcome = run_in_savepoint(attempt, now);
  if (std::holds_alternative<Done>(outcome)) {
    const auto fault = release_.run();
    if (!fault) return outcome;
    // Full-text search writes its index here; what stands in its way is judged like any statement's fault.
    outcome = blame(fault->code) == SqliteBlame::entry ? Outcome{Reject{fault->text}} : trouble(*fault);
  }
  // OR ROLLBACK, and some faults of the disk, have ended the whole transaction by themselves.
  if (!in_transaction()) return outcome;
  if (const auto fault = roll_back_to_.run()) return trouble(*fault);
  if (const auto fault = release_.run()) return trouble(*fault);
  return outcome;
}

Outcome SqliteSession::run_in_savepoint(const Attempt& attempt, WallTime now) {
  const EntryDigest content = attempt.digest != nullptr ? *attempt.digest : digest(*attempt.entry);
  const auto recorded = ledger_.record(*attempt.entry, *attempt.name, content, now);
  if (const auto* fault = std::get_if<SqliteFault>(&recorded)) return trouble(*fault);
  if (!std::get<bool>(recorded)) return conflict(attempt, content);
  Outcome outcome = script_->run(attempt);
  // Found now, the entry that broke the constraint is known; COMMIT would find it too, and blame the batch.
  if (std::holds_alternative<Done>(outcome) && foreign_keys_broken()) {
    return Reject{"FOREIGN KEY constraint failed (a deferred one, still broken at the end of the entry)"};
  }
  return outcome;
}

// The key is in the ledger. With the same content the effect took place: not again.
Outcome SqliteSession::conflict(const Attempt& attempt, const EntryDigest& digest) {
  const auto found = ledger_.find(*attempt.entry, *attempt.name);
  if (const auto* fault = std::get_if<SqliteFault>(&found)) return trouble(*fault);
  const auto& row = std::get<std::optional<LedgerRow>>(found);
  if (!row) return Retry{"the ledger refused the entry but does not hold it", {}};
  if (row->digest == digest) return Done{};
  if (!attempt.entry->key) return Reject{"this entry was done before with other content"};
  return Reject{"the key '" + *attempt.entry->key + "' was used before with other content (entry " +
                format_id(row->entry) + ")"};
}

std::variant<bool, SqliteFault> SqliteSession::is_recorded(const Attempt& attempt) {
  auto found = ledger_.find(*attempt.entry, *attempt.name);
  if (auto* fault = std::get_if<SqliteFault>(&found)) return std::move(*fault);
  const auto& row = std::get<std::optional<LedgerRow>>(found);
  return row && row->digest == digest(*attempt.entry);
}

bool SqliteSession::foreign_keys_broken() const {
  int current = 0;
  int highest = 0;
  sqlite3_db_status(database_.connection(), SQLITE_DBSTATUS_DEFERRED_FKS, &current, &highest, 0);
  return current != 0;
}

Outcome SqliteSession::trouble(const SqliteFault& fault) const {
  const SqliteBlame whose = blame(fault.code);
  const bool cut_short = whose == SqliteBlame::interrupted || whose == SqliteBlame::lock;
  if (cut_short && brake_.stopped()) return Interrupted{"spoold is stopping"};
  return unavailable(options_.database, fault);
}

}  // namespace spoold
