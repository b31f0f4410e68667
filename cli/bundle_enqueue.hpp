#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "entry_input.hpp"
#include "store/producer.hpp"

namespace spoold {

// JSON Lines into the queue as bundles: one for each priority that occurs, more where a limit is met. Each
// line is checked and then kept as it is. All bundles are written aside before the first is seen, so that a
// bad line leaves nothing behind.
struct BundleOptions {
  bool skip_bad = false;  // else nothing is enqueued if any line is bad
  ProducerOptions limits;
  std::function<void(const std::string&)> on_bad_line;  // "line 17: ..."
};

struct BundledLines {
  std::vector<Producer::StagedBundle> bundles;  // in the queue
  std::uint64_t enqueued = 0;                   // entries
  std::uint64_t bad = 0;
  Result<void> result;  // the trouble that ended it early
};

// With bad lines and without skip_bad: `bad` is not 0, `enqueued` is, and `result` holds no error.
[[nodiscard]] BundledLines enqueue_bundles(EntryInput& input, Producer& producer,
                                           const BundleOptions& options);

}  // namespace spoold
