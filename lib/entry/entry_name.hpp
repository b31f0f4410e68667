#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

// The names of entry files: made and parsed here and nowhere else.
//
//   {priority:02}_{seq:020}[.a{attempts}][.c{crashes}][~{label}].json         everywhere but deferred/
//   {due_ms:013}_ in front of that                                            in deferred/
//   {priority:02}_{seq:020}.n{lines}[.a{attempts}][.c{crashes}][~{label}].jsonl   a bundle, never in
//   deferred/
//
// priority 01 to 10; seq 20 decimal digits, not zero, at most 2^63-1; attempts and crashes 1 to 65535 without
// leading zeros, left out when zero; label 1 to 150 bytes of [A-Za-z0-9._-] and %XX; due_ms 13 digits,
// milliseconds since 1970; lines 1 to 1000000. For each EntryName there is exactly one spelling, so a name
// can be made again from its parts.
//
// A bundle is many entries, one a line. It owns the numbers seq to seq + lines: its own, and that of its line
// k (from 1), seq + k, which is the entry's id.

namespace spoold {

constexpr int priority_first = 1;
constexpr int priority_last = 10;
constexpr int priority_default = 5;
constexpr std::uint32_t counted_max = 65535;  // attempts, crashes: as far as names count
constexpr std::size_t label_bytes_max = 150;
constexpr std::uint32_t bundle_lines_most = 1'000'000;  // that a name can tell; options set less

struct EntryName {
  int priority = priority_default;
  std::uint64_t seq = 0;  // also the entry's id
  std::uint32_t attempts = 0;
  std::uint32_t crashes = 0;
  std::string label;                   // what a foreign name was called before the claim
  std::optional<std::int64_t> due_ms;  // only in deferred/
  std::uint32_t lines = 0;             // of a bundle; 0: one entry

  [[nodiscard]] bool is_bundle() const { return lines > 0; }
  // The entries it stands for, as far as names tell.
  [[nodiscard]] std::uint64_t entries() const { return lines > 0 ? lines : 1; }
  [[nodiscard]] std::uint64_t last_seq() const { return seq + lines; }
  // True for its own number and those of its lines.
  [[nodiscard]] bool owns(std::uint64_t number) const { return number >= seq && number <= last_seq(); }

  friend bool operator==(const EntryName&, const EntryName&) = default;
};

// REQUIRES: parts in the ranges above.
[[nodiscard]] std::string format_entry_name(const EntryName& name);

// Nothing unless `file_name` is exactly a name of ours.
[[nodiscard]] std::optional<EntryName> parse_entry_name(std::string_view file_name);

// The moment a name in deferred/ states, and back: whole milliseconds, rounded up, so that nothing is due
// early, and within what 13 digits and a WallTime hold.
[[nodiscard]] std::int64_t due_ms_of(WallTime due);
[[nodiscard]] WallTime due_time(std::int64_t due_ms);

// True for what may be dropped into pending/ by anybody: ends in ".json" or ".jsonl", does not begin with a
// dot.
[[nodiscard]] bool is_entry_file_name(std::string_view file_name);
// Of such a name, ours or foreign: ends in ".jsonl".
[[nodiscard]] bool is_bundle_file_name(std::string_view file_name);
// How many entries a file stands for, as far as its name tells: the lines of a bundle of ours, else 1.
[[nodiscard]] std::uint64_t entries_in(std::string_view file_name);

// The priority a foreign name asks for by a leading "N_" with N from 1 to 10 ("3_", "03_"); nothing
// otherwise.
[[nodiscard]] std::optional<int> leading_priority(std::string_view file_name);

// A foreign name without ".json" or ".jsonl", every byte outside [A-Za-z0-9._-] as %XX, cut to 150 bytes: fit
// to be a label.
[[nodiscard]] std::string make_label(std::string_view file_name);

// The id as people see and type it: 20 digits. parse takes any number of leading zeros.
[[nodiscard]] std::string format_id(std::uint64_t seq);
[[nodiscard]] std::optional<std::uint64_t> parse_id(std::string_view text);

// Any bytes, fit for a log line or a terminal: control characters, ESC, DEL and invalid UTF-8 as \xHH.
[[nodiscard]] std::string printable(std::string_view bytes);

}  // namespace spoold
