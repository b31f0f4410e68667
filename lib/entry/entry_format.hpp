#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "entry/entry.hpp"

// The bytes of an entry file: parsed, checked and written here and nowhere else.

namespace spoold {

// Reads an entry. Refused with kind invalid, a byte offset or the field's name, and what would be right:
// anything parse_json refuses; not an object; `operation` missing, empty, over 200 bytes or with control
// characters; `priority` not an integer 1 to 10; `sql` not a string; `params` neither array nor object;
// `args` not an array of strings without NUL; `metadata` not an object; `key` not a string of 1 to 200 bytes
// without control characters; `not_before`, `expires_at` not RFC 3339. A null stands for a field that is
// absent, except `operation`. The size limit is the caller's. `seq`, `retries`, `created_at`, `attempts`,
// `last_error`, `result` are ours to write and are carried whatever they hold.
[[nodiscard]] Result<Entry> parse_entry(std::string_view bytes);

// The same checks on a document that was built in memory (the command line), and those of parse_json that
// apply to one: depth, UTF-8, finite numbers, no binary values.
[[nodiscard]] Result<Entry> make_entry(Json document);

// One line of JSON and a newline.
[[nodiscard]] std::string format_entry(const Entry& entry);

// One attempt's end, as it is kept in the entry.
struct AttemptRecord {
  std::uint32_t attempt = 0;  // counted from 1
  WallTime finished_at{};
  std::string outcome;  // "done", "retry", "reject", or why it never ran ("expired", "crashed")
  std::string reason;   // empty for done
  bool again = false;   // another attempt follows
};

constexpr std::size_t attempt_records_max = 20;  // the oldest beyond these are dropped
constexpr std::size_t reason_bytes_max = 2000;   // what is longer is cut; invalid UTF-8 becomes U+FFFD

// Writes `retries` (the attempts after the first, one that follows included) and `last_error` (an empty
// reason leaves the former one), and appends to `attempts`; an `attempts` that is no array is replaced.
void record_attempt(Entry& entry, const AttemptRecord& record);

// Writes `result`, an object, and the `retries` it took until this attempt (counted from 1).
void record_receipt(Entry& entry, Json receipt, std::uint32_t attempt);

}  // namespace spoold
