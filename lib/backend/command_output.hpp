#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "entry/json.hpp"

namespace spoold {

// What a program wrote, in bounded memory: all of it up to `bytes_max`, beyond that the first and the last
// half.
class CommandOutput {
 public:
  explicit CommandOutput(std::uint64_t bytes_max);

  void add(std::string_view bytes);
  [[nodiscard]] std::uint64_t bytes_total() const { return total_; }  // written, kept or not
  [[nodiscard]] bool truncated() const;

  // What was kept. Where something is missing a line in between says how much.
  [[nodiscard]] std::string text() const;
  // The last lines that are not blank, at most three, joined by " / "; printable, at most 300 bytes of each.
  [[nodiscard]] std::string last_lines() const;

 private:
  [[nodiscard]] std::string_view tail() const;

  std::size_t head_max_;
  std::size_t tail_max_;
  std::string head_;
  std::string tail_;  // at most twice tail_max_, so that dropping its front is rare
  std::uint64_t total_ = 0;
};

// Writes it into a receipt as `name`, in base64 where it is no UTF-8, which `name`_encoding then says;
// `name`_truncated and `name`_bytes only where something was left out. Nothing written: nothing.
void add_output(Json& receipt, const std::string& name, const CommandOutput& output);

}  // namespace spoold
