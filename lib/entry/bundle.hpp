#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "entry/entry_name.hpp"

// The text of a bundle: JSON Lines, an entry a line. What leaves a bundle leaves its line empty, so that the
// others keep their numbers.

namespace spoold {

// Goes through the lines that are not empty, in order. Any bytes are let through: the last line may lack its
// newline. The text must outlive it.
class BundleLines {
 public:
  struct Line {
    std::uint32_t number = 0;  // from 1; empty ones are counted too
    std::string_view text;     // without its newline
  };

  explicit BundleLines(std::string_view text) : rest_(text) {}
  // Nothing at the end.
  [[nodiscard]] std::optional<Line> next();

 private:
  std::string_view rest_;
  std::uint32_t number_ = 0;
};

struct BundleShape {
  std::uint64_t lines = 0;    // empty ones too
  std::uint64_t entries = 0;  // lines that are not empty
};
[[nodiscard]] BundleShape measure_bundle(std::string_view text);

// The line of that number; nothing where it is empty, or there is no such.
[[nodiscard]] std::optional<std::string_view> find_bundle_line(std::string_view text, std::uint32_t number);

// The text with these lines empty. REQUIRES: numbers in ascending order.
[[nodiscard]] std::string without_lines(std::string_view text, const std::vector<std::uint32_t>& numbers);

// The name of the entry that a line is: attempts and crashes of the bundle, and its priority.
// REQUIRES: 1 <= number <= bundle.lines.
[[nodiscard]] EntryName line_name(const EntryName& bundle, std::uint32_t number);

}  // namespace spoold
