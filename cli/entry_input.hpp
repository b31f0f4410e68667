#pragma once

#include <string>

#include "base/result.hpp"
#include "os/unique_fd.hpp"

namespace spoold {

// Where entries are read from: standard input ("" or "-") or a file.
class EntryInput {
 public:
  [[nodiscard]] static Result<EntryInput> open(const std::string& path);

  [[nodiscard]] int descriptor() const { return own_ ? own_.get() : 0; }
  [[nodiscard]] const std::string& name() const { return name_; }  // for messages
  [[nodiscard]] bool is_terminal() const;

  // The whole of it; over `bytes_max`: kind too_large.
  [[nodiscard]] Result<std::string> read_all(std::size_t bytes_max) const;

  // Makes it possible to read it twice: what cannot be rewound (a pipe) is copied to an unnamed file in
  // $TMPDIR, else /tmp.
  [[nodiscard]] Result<void> make_rewindable();
  // Back to where it stood when it was opened. REQUIRES: make_rewindable() went well.
  [[nodiscard]] Result<void> rewind() const;

 private:
  UniqueFd own_;  // none: standard input
  std::string name_ = "standard input";
  long start_ = 0;
};

}  // namespace spoold
