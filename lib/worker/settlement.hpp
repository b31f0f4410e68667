#pragma once

#include <optional>
#include <string>
#include <variant>

#include "entry/outcome.hpp"
#include "policy/backoff.hpp"
#include "store/directory_store.hpp"

// What is done with a claim once its outcome is known. The decision is pure; carrying it out is the store's.

namespace spoold {

struct Ack {
  Json receipt;
};
struct Defer {
  WallTime due{};
  AttemptRecord record;
};
struct DeadLetter {
  AttemptRecord record;
};
struct Cancel {  // a person took it back while it ran
  AttemptRecord record;
};
struct Release {
  std::string reason;
};
struct Postpone {  // not_before lies ahead
  WallTime due{};
};
using Decision = std::variant<Ack, Defer, DeadLetter, Cancel, Release, Postpone>;

struct Settlement {
  Claim claim;
  Decision decision;
  std::string lane;  // its name
};

// The decision an outcome leads to. `random` in [0, 1) draws the jitter.
[[nodiscard]] Decision decide(const Claim& claim, Outcome outcome, const RetryOptions& retry, WallTime now,
                              double random);

// The decision where somebody (`by`: a name for people) took the entry back while it ran: it counts unless
// the effect took place.
[[nodiscard]] Decision decide_cancelled(const Claim& claim, Outcome outcome, const std::string& by,
                                        WallTime now);

// What must happen to a claim before it may run at all: postponed or expired; nothing if it may run.
[[nodiscard]] std::optional<Decision> decide_before_run(const Claim& claim, WallTime now);

// Carries a decision out, on the store's thread. An Error: the entry still lies in processing/ and the
// settlement is to be carried out again. What is given back shows in pending/, where the watch sees it like
// any other.
struct Settled {
  std::optional<EntryName> deferred_name;  // where it lies if it was put off
  std::optional<Error> doubt;              // done, but perhaps not durable: not to be carried out again
};
[[nodiscard]] Result<Settled> carry_out(DirectoryStore& store, Settlement& settlement);

}  // namespace spoold
