#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace spoold {

// What a look at the watch came to.
struct Changes {
  std::vector<std::string>
      pending;  // names that appeared in pending/ or were written there; may repeat, be gone
  std::vector<std::string> deferred;  // names that appeared in deferred/; may repeat, be gone
  bool rescan = false;                // pending/ and deferred/ are to be scanned
  bool lost = false;                  // that is because events were lost
  std::optional<std::string> gone;    // which directory was moved, removed or unmounted
};

// Tells that pending/ or deferred/ may hold something new. Losing a wake-up costs latency, never an entry:
// the worker rescans now and then whatever a watcher says. Not blocking; one thread.
class Watcher {
 public:
  virtual ~Watcher() = default;

  // Takes what has come since the last call.
  [[nodiscard]] virtual Result<Changes> read() = 0;

  // Readable when read() has something to tell; nothing if the watcher must be asked again every interval().
  [[nodiscard]] virtual std::optional<int> descriptor() const = 0;
  [[nodiscard]] virtual std::chrono::nanoseconds interval() const = 0;

  [[nodiscard]] virtual std::string_view name() const = 0;  // "inotify" or "poll"
};

}  // namespace spoold
