#pragma once

#include <string>

#include "queue_view.hpp"

// What list, show and errors tell of an entry, as documented in docs/spoolctl.md.

namespace spoold {

struct EntryReport {
  EntryFile file;
  std::optional<Entry> entry;
  std::optional<WallTime> enqueued_at;
  std::optional<WallTime> due_at;  // deferred only
  bool gone = false;               // it was moved or removed meanwhile
  std::uint64_t entries = 1;       // of a bundle: lines that are still in it
  std::string first_operation;     // of a bundle
  std::string reason;              // why it failed, was put off or set aside; empty where nothing is wrong

  // What to call it on the command line: the id, or the foreign name.
  [[nodiscard]] std::string reference() const;
  [[nodiscard]] int priority() const;
  // Of a bundle: that of its first line. Empty where unknown.
  [[nodiscard]] std::string operation() const;
};

[[nodiscard]] EntryReport report_entry(QueueView& view, EntryFile file);

// The members that list and show share; without the entry itself. A bundle has `lines` too; what is still in
// one, `bundle` and `line`.
[[nodiscard]] Json to_json(const EntryReport& report);

}  // namespace spoold
