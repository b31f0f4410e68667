#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

// Files of lines, compressed as gzip(1) does, made of whole members one behind the other: what `zcat` reads.

namespace spoold {

// The bytes as one member of their own.
[[nodiscard]] std::string gzip_member(std::string_view bytes);

// Whether these bytes are exactly one whole, undamaged member.
[[nodiscard]] bool is_gzip_member(std::string_view bytes);

// Reads the lines of a compressed file, over all its members, in memory of one line.
class GzipLines {
 public:
  // Never follows a symlink, never blocks.
  [[nodiscard]] static Result<GzipLines> open(int directory_fd, const std::string& name);

  // The next, without its newline; nothing at the end. A damaged file: kind invalid.
  [[nodiscard]] Result<std::optional<std::string>> next();

 private:
  struct Close {
    void operator()(void* file) const;
  };
  GzipLines(void* file, std::string name) : file_(file), name_(std::move(name)) {}
  [[nodiscard]] Result<bool> fill();  // false at the end

  std::unique_ptr<void, Close> file_;  // a gzFile
  std::string name_;
  std::string buffer_;
  std::size_t begin_ = 0;
};

}  // namespace spoold
