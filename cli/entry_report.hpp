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
  std::string reason;              // why it failed, was put off or set aside; empty where nothing is wrong

  // What to call it on the command line: the id, or the foreign name.
  [[nodiscard]] std::string reference() const;
  [[nodiscard]] int priority() const;
  [[nodiscard]] std::string operation() const;  // empty where unknown
};

[[nodiscard]] EntryReport report_entry(QueueView& view, EntryFile file);

// The members that list and show share; without the entry itself.
[[nodiscard]] Json to_json(const EntryReport& report);

}  // namespace spoold
