#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "entry/entry.hpp"
#include "entry/entry_name.hpp"
#include "entry/outcome.hpp"

namespace spoold {

// One attempt at one entry. The entry stays the caller's and outlives the attempt.
struct Attempt {
  const Entry* entry = nullptr;
  const EntryName* name = nullptr;                  // seq, and attempts including this one
  std::optional<std::chrono::nanoseconds> timeout;  // the route's own, over the backend's
  std::optional<std::string> template_file = {};    // likewise, of an HTTP body
  const EntryDigest* digest = nullptr;              // of the entry, where it is known already
};

// What an entry is done with. Called on the loop's thread; work that blocks is done on threads of the
// backend's own.
class Backend {
 public:
  virtual ~Backend() = default;

  // Makes ready (opens the database). Unavailable is said, not thrown: the lane pauses and tries again.
  [[nodiscard]] virtual boost::asio::awaitable<std::optional<Unavailable>> open() = 0;

  // Performs a batch (1 to batch_max() attempts, or 1 to bundle_max() lines of one bundle) and says of each,
  // in order, what it came to. Throws nothing.
  [[nodiscard]] virtual boost::asio::awaitable<std::vector<Outcome>> perform(std::vector<Attempt> batch) = 0;

  // Attempts in one perform(), and perform() calls at the same time.
  [[nodiscard]] virtual std::size_t batch_max() const = 0;
  [[nodiscard]] virtual std::size_t concurrency() const = 0;

  // Lines of a bundle in one perform(), which may be more than batch_max(); 0: it takes none, and each line
  // is to be an entry of its own. REQUIRES, above 0: remembers().
  [[nodiscard]] virtual std::size_t bundle_max() const { return 0; }

  // True where the effect records the entry itself (the ledger): an ack then needs no receipt and no sync.
  [[nodiscard]] virtual bool remembers() const = 0;

  // How far ahead the times lie at most that its outcomes carry (Retry-After).
  [[nodiscard]] virtual std::chrono::nanoseconds wait_max() const { return std::chrono::nanoseconds{0}; }

  // Our stop: attempts that run may end early as Interrupted. Idempotent.
  virtual void stop() = 0;

  // A person takes one entry back: its attempt, if one was handed to perform() and has not ended, ends early
  // as Interrupted, and no other attempt is touched for good (one of the same transaction may run again).
  // What has taken effect already stays done. An id that nothing is performed for is let pass.
  virtual void interrupt(std::uint64_t seq) = 0;

  // Housekeeping now and then, when nothing is lost by it: every entry with a seq below `oldest_live` has
  // durably left the queue, so what is remembered of those may be forgotten once old enough.
  [[nodiscard]] virtual boost::asio::awaitable<void> maintain(WallTime now, std::uint64_t oldest_live) = 0;
};

}  // namespace spoold
