#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace spoold {

// Reads a descriptor line by line, in bounded memory. The last line may lack its newline.
class LineReader {
 public:
  struct Line {
    std::uint64_t number = 0;  // counted from 1
    std::string text;          // without its newline; empty where too long
    bool too_long = false;     // over `bytes_max`: skipped whole
  };

  // The descriptor stays the caller's. `what` is named in errors.
  LineReader(int descriptor, std::string what, std::size_t bytes_max)
      : descriptor_(descriptor), what_(std::move(what)), bytes_max_(bytes_max) {}

  // Nothing at the end.
  [[nodiscard]] Result<std::optional<Line>> next();

 private:
  [[nodiscard]] Result<bool> fill();  // false at the end

  int descriptor_;
  std::string what_;
  std::size_t bytes_max_;
  std::vector<char> buffer_ = std::vector<char>(65536);
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t number_ = 0;
};

}  // namespace spoold
