#pragma once

#include <functional>

#include "entry_input.hpp"
#include "session.hpp"
#include "store/producer.hpp"

namespace spoold {

// JSON Lines into the queue: a line is an entry, empty lines are passed over. In chunks, each with one sync
// of its directory, so that memory stays bounded however long the input.
struct BulkOptions {
  bool skip_bad = false;  // else nothing is enqueued if any line is bad
  std::uint64_t entry_bytes_max = 0;
  std::function<void(const std::string&)> on_bad_line;  // "line 17: ..."
  std::function<void(const Producer::Enqueued&)> on_enqueued;
};

struct BulkResult {
  std::uint64_t enqueued = 0;
  std::uint64_t bad = 0;
  Result<void> result;  // the trouble that ended it early; its text says how far it came
};

// With bad lines and without skip_bad: `bad` is not 0, `enqueued` is, and `result` holds no error.
[[nodiscard]] BulkResult enqueue_lines(EntryInput& input, Producer& producer, const BulkOptions& options);

}  // namespace spoold
