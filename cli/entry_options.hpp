#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "entry/entry_format.hpp"

namespace spoold {

// An entry given by options of `enqueue`, each as typed.
struct EntryOptions {
  std::optional<std::string> operation, priority, sql, params, body, metadata, key, not_before, expires_at,
      standard_input;
  std::vector<std::string> arguments;

  void define(CLI::App& command);
  [[nodiscard]] bool any() const;

  // Refused with kind invalid: which option is wrong and what would be right.
  [[nodiscard]] Result<Entry> make(WallTime now) const;
};

}  // namespace spoold
