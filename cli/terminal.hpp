#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What the far end of a standard stream is, and text that fits it.

namespace spoold {

enum class Colour { plain, bold, dim, red, green, yellow };

class Terminal {
 public:
  // Looks at standard output (1) or standard error (2), $NO_COLOR and $TERM.
  static Terminal of(int descriptor);

  [[nodiscard]] bool is_terminal() const { return is_terminal_; }
  // Columns to fill: the terminal's, at least 40; without a terminal there is no limit.
  [[nodiscard]] std::size_t columns() const { return columns_; }
  // The text in that colour on a terminal that has colours, else unchanged.
  [[nodiscard]] std::string paint(Colour colour, std::string_view text) const;

 private:
  bool is_terminal_ = false;
  bool colours_ = false;
  std::size_t columns_ = static_cast<std::size_t>(-1);
};

// Columns a text takes, counted in code points; REQUIRES: no control characters.
[[nodiscard]] std::size_t width(std::string_view text);
// With spaces up to `columns`, never cut.
[[nodiscard]] std::string pad(std::string_view text, std::size_t columns);
[[nodiscard]] std::string pad_left(std::string_view text, std::size_t columns);
// At most `columns`, the last one an ellipsis where something was cut.
[[nodiscard]] std::string cut(std::string_view text, std::size_t columns);
// Lines of at most `columns`, broken at spaces; a longer word has a line of its own. At least one line.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t columns);

// 10421 as "10,421".
[[nodiscard]] std::string group_digits(std::uint64_t number);
// "1 entry", "312 entries"
[[nodiscard]] std::string count_entries(std::uint64_t number);

// "1 line", "312 lines"
[[nodiscard]] std::string count_of(std::uint64_t number, std::string_view what);

}  // namespace spoold
