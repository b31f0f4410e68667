#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace spoold {

// A number without sign as people write it before a unit: "90", "1.5", ".5". The whole part is exact.
struct Decimal {
  std::uint64_t whole = 0;
  double fraction = 0;  // 0 to below 1
};

// Takes the number at the front of `text`, and leaves there what follows it. Nothing if there is none, or if
// its whole part does not fit 64 bits.
[[nodiscard]] std::optional<Decimal> take_decimal(std::string_view& text);

// number * unit, rounded to the nearest integer; nothing if it does not fit 64 bits. REQUIRES: unit <= 2^50.
[[nodiscard]] std::optional<std::uint64_t> scale(const Decimal& number, std::uint64_t unit);

}  // namespace spoold
