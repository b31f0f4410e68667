#include "backend/sqlite_writer.hpp"

#include <exception>

#include "base/ensure.hpp"

namespace spoold {

namespace {

const Interrupted stopping{"spoold is stopping"};
const Interrupted cancelled{"it was cancelled"};

}  // namespace

// One perform(): transactions until every attempt has its outcome. Mostly that is one; an entry that ends the
// transaction (OR ROLLBACK, an interrupted statement) costs the others another.
class SqliteWriter::Batch {
 public:
  Batch(SqliteWriter& writer, const std::vector<Attempt>& attempts)
      : writer_(writer), attempts_(attempts), outcomes_(attempts.size()) {}

  [[nodiscard]] std::vector<Outcome> perform() {
    while (!decided()) transact();
    std::vector<Outcome> all;
    all.reserve(outcomes_.size());
    for (auto& outcome : outcomes_) all.push_back(std::move(*outcome));
    return all;
  }

 private:
  using Outcomes = std::vector<std::optional<Outcome>>;

  [[nodiscard]] bool decided() const {
    for (const auto& outcome : outcomes_) {
      if (!outcome) return false;
    }
    return true;
  }

  void decide_rest(const Outcome& outcome) {
    for (auto& undecided : outcomes_) {
      if (!undecided) undecided = outcome;
    }
  }

  // For trouble with the database: closing is the surest way to end the transaction, whatever state it is in.
  void give_up(const Outcome& outcome) {
    writer_.session_.reset();
    decide_rest(outcome);
  }

  // Runs what is undecided in one transaction.
  void transact() {
    if (writer_.brake_.stopped()) return decide_rest(stopping);
    if (auto problem = writer_.open()) return decide_rest(*problem);
    SqliteSession& session = *writer_.session_;
    if (const auto fault = session.begin()) return give_up(session.trouble(*fault));
    const WallTime now = writer_.clock_.wall_now();
    Outcomes tentative = outcomes_;
    for (std::size_t i = 0; i < attempts_.size(); ++i) {
      if (tentative[i]) continue;
      tentative[i] = run(attempts_[i], now);
      if (std::holds_alternative<Unavailable>(*tentative[i])) return give_up(*tentative[i]);
      if (session.in_transaction()) continue;
      // The effects of the entries before are gone: they run again, without this one. Stopping, none does.
      ensure(!std::holds_alternative<Done>(*tentative[i]), "an entry is done only inside a transaction");
      outcomes_[i] = std::move(tentative[i]);
      return;
    }
    end(std::move(tentative));
  }

  [[nodiscard]] Outcome run(const Attempt& attempt, WallTime now) {
    const SqliteBrake::Turn turn{writer_.brake_, attempt.name->seq};
    if (writer_.brake_.stopped()) return stopping;
    if (writer_.brake_.cancelled()) return cancelled;
    return writer_.session_->run(attempt, now);
  }

  void end(Outcomes tentative) {
    SqliteSession& session = *writer_.session_;
    const auto fault = session.commit();
    if (!fault) {
      outcomes_ = std::move(tentative);
      return;
    }
    if (blame(fault->code) != SqliteBlame::lock) return ask_ledger(*fault, std::move(tentative));
    // A reader stands in the way (only outside WAL). Nothing was written.
    session.roll_back();
    give_up(session.trouble(*fault));
  }

  // COMMIT failed, and whether it took effect is unknown. A connection opened anew sees what the disk holds:
  // SQLite rolls back or takes over the rest of the transaction.
  void ask_ledger(const SqliteFault& fault, Outcomes tentative) {
    Unavailable failed = unavailable(writer_.options_.database, fault);
    failed.reason += "; COMMIT failed";
    writer_.session_.reset();
    if (const auto problem = writer_.open_session()) {
      failed.reason += ", and what became of it is asked later: " + problem->reason;
      return decide_rest(failed);
    }
    bool all_there = true;
    for (std::size_t i = 0; i < attempts_.size(); ++i) {
      if (outcomes_[i] || !std::holds_alternative<Done>(*tentative[i])) continue;
      const auto recorded = writer_.session_->is_recorded(attempts_[i]);
      const bool* there = std::get_if<bool>(&recorded);
      if (there != nullptr && *there) {
        outcomes_[i] = Done{};
      } else {
        all_there = false;
      }
    }
    // What was not done was judged in a transaction that may not have been: it is believed only if that was.
    if (all_there) outcomes_ = std::move(tentative);
    give_up(failed);
  }

  SqliteWriter& writer_;
  const std::vector<Attempt>& attempts_;
  Outcomes outcomes_;
};

SqliteWriter::SqliteWriter(SqliteOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), brake_(clock, options_.busy_timeout) {}

std::optional<Unavailable> SqliteWriter::open() {
  if (brake_.stopped()) return Unavailable{stopping.reason, {}};
  if (session_ && session_->database().moved()) {
    session_.reset();
    return Unavailable{"database " + options_.database + " was moved, removed or replaced while in use", {}};
  }
  return session_ ? std::nullopt : open_session();
}

// A database that had a ledger when it was opened first must have it ever after: an empty file put in its
// place would make done entries run again.
std::optional<Unavailable> SqliteWriter::open_session() {
  using Missing = SqliteSession::MissingLedger;
  auto opened = SqliteSession::open(options_, brake_, ledger_seen_ ? Missing::refuse : Missing::make,
                                    SqliteDatabase::Empty::refused);
  if (auto* problem = std::get_if<Unavailable>(&opened)) return std::move(*problem);
  session_ = std::move(std::get<std::unique_ptr<SqliteSession>>(opened));
  ledger_seen_ = true;
  return std::nullopt;
}

std::vector<Outcome> SqliteWriter::perform(const std::vector<Attempt>& batch) {
  try {
    return Batch{*this, batch}.perform();
  } catch (const std::exception& problem) {
    // Out of memory, most likely. Unless COMMIT was through, nothing happened; if it was, the ledger knows.
    session_.reset();
    return std::vector<Outcome>(batch.size(),
                                Unavailable{"database " + options_.database + ": " + problem.what(), {}});
  }
}

bool SqliteWriter::forget(LedgerCursor& cursor, WallTime now, std::uint64_t oldest_live) {
  if (brake_.stopped() || !session_ || session_->database().moved()) return false;
  const WallTime cutoff = now - options_.ledger_age;
  if (session_->ledger().forget(cursor, cutoff, oldest_live)) return false;
  return cursor.part != LedgerCursor::Part::end;
}

}  // namespace spoold
