#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace spoold {

struct BreakerOptions {
  std::chrono::nanoseconds initial = std::chrono::seconds{1};  // pause after the first failure
  double factor = 2;
  std::chrono::nanoseconds max = std::chrono::seconds{30};
};

// Whether a backend may be used. Closed: yes. Open: not before open_until(). After that half-open: one probe
// at a time; its success closes the breaker, its failure opens it for longer. (M. Nygard, "Release It!",
// 2007.) Pure: `now` is handed in. One thread.
class CircuitBreaker {
 public:
  enum class Position { closed, open, half_open };

  explicit CircuitBreaker(BreakerOptions options) : options_(options) {}

  // May an attempt begin? In half-open only one may, until succeeded() or failed() is told.
  [[nodiscard]] bool allows(MonotonicTime now) const;
  void begin_probe();    // REQUIRES: allows(), position half_open
  void abandon_probe();  // the probe never ran, or was cut short by ourselves: it told nothing

  void succeeded();
  // `wait` is what the backend itself asked for; the longer of that and the breaker's own pause is taken.
  // Attempts that ran side by side and fail one after the other are one failure: while open, a further one
  // can only lengthen the pause to the `wait` it brings.
  void failed(MonotonicTime now, std::optional<std::chrono::nanoseconds> wait);

  [[nodiscard]] Position position(MonotonicTime now) const;
  [[nodiscard]] MonotonicTime open_until() const { return open_until_; }

 private:
  BreakerOptions options_;
  std::uint32_t failures_ = 0;  // in a row; 0 means closed
  bool probing_ = false;
  MonotonicTime open_until_{};
};

}  // namespace spoold
