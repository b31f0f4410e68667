#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/time.hpp"
#include "entry/json.hpp"

// What one attempt came to.

namespace spoold {

// The effect took place. `receipt` is null where there is nothing to keep (SQLite), else the object for
// `result`.
struct Done {
  Json receipt;
};

// It may work later: counted as an attempt, run again after the back-off, or at `not_before` if that is
// later.
struct Retry {
  std::string reason;
  std::optional<WallTime> not_before;
};

// It will never work: dead-lettered.
struct Reject {
  std::string reason;
  bool pause_lane = false;  // the backend said so of itself too (HTTP 410): its lane pauses as if unavailable
  bool asked = true;        // false: found before the backend was asked, so it says nothing of the backend
};

// It will never work, as was found before the backend was asked.
[[nodiscard]] inline Reject reject_unasked(std::string reason) {
  return {std::move(reason), false, false};
}

// The backend itself cannot be used: the entry is released, no attempt is counted, the lane pauses.
struct Unavailable {
  std::string reason;
  std::optional<WallTime> until;  // where the backend said so (Retry-After)
};

// Our own stop cut the attempt short, or it was not begun: released, no attempt counted.
struct Interrupted {
  std::string reason;
};

// Of an entry: done, retry, reject. Of the circumstances: unavailable, interrupted.
using Outcome = std::variant<Done, Retry, Reject, Unavailable, Interrupted>;

// The word for it in logs, metrics and JSON: "done", "retry", "reject", "unavailable", "interrupted".
[[nodiscard]] std::string_view to_string(const Outcome& outcome);

}  // namespace spoold
