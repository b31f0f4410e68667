#include "entry/entry_name.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/ensure.hpp"
#include "entry/utf8.hpp"

namespace spoold {

namespace {

constexpr std::string_view suffix = ".json";
constexpr std::string_view bundle_suffix = ".jsonl";
constexpr std::uint64_t seq_max = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t priority_digits = 2;
constexpr std::size_t seq_digits = 20;
constexpr std::size_t due_digits = 13;
constexpr std::int64_t due_max = 9'999'999'999'999;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_upper_hex(char c) {
  return is_digit(c) || (c >= 'A' && c <= 'F');
}

bool is_plain(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

// Digits only: no sign, no white space, no overflow.
std::optional<std::uint64_t> read_digits(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool skip(std::string_view& rest, std::string_view expected) {
  if (!rest.starts_with(expected)) return false;
  rest.remove_prefix(expected.size());
  return true;
}

std::optional<std::uint64_t> take_fixed(std::string_view& rest, std::size_t digits) {
  if (rest.size() < digits) return std::nullopt;
  const auto value = read_digits(rest.substr(0, digits));
  rest.remove_prefix(digits);
  return value;
}

// Reads what follows ".a" or the like: 1 to `most` in its one spelling.
std::optional<std::uint32_t> take_count(std::string_view& rest, std::uint32_t most) {
  std::size_t length = 0;
  while (length < rest.size() && is_digit(rest[length])) ++length;
  const auto value = read_digits(rest.substr(0, length));
  if (!value || *value > most || rest.front() == '0') return std::nullopt;
  rest.remove_prefix(length);
  return static_cast<std::uint32_t>(*value);
}

// Reads a counted part that may be missing: false where it is there and wrong.
bool take_part(std::string_view& rest, std::string_view lead, std::uint32_t most, std::uint32_t& into) {
  if (!skip(rest, lead)) return true;
  const auto count = take_count(rest, most);
  if (count) into = *count;
  return count.has_value();
}

// Takes the ending off: true for that of a bundle, nothing where there is none.
std::optional<bool> take_suffix(std::string_view& rest) {
  for (const std::string_view ending : {bundle_suffix, suffix}) {
    if (!rest.ends_with(ending)) continue;
    rest.remove_suffix(ending.size());
    return ending == bundle_suffix;
  }
  return std::nullopt;
}

bool take_due(std::string_view& rest, EntryName& name) {
  if (rest.size() <= due_digits || rest[due_digits] != '_') return true;
  const auto due = take_fixed(rest, due_digits);
  if (!due) return false;
  name.due_ms = static_cast<std::int64_t>(*due);
  return skip(rest, "_");
}

bool take_priority_and_seq(std::string_view& rest, EntryName& name) {
  const auto priority = take_fixed(rest, priority_digits);
  if (!priority || *priority < priority_first || *priority > priority_last) return false;
  name.priority = static_cast<int>(*priority);
  if (!skip(rest, "_")) return false;
  const auto seq = take_fixed(rest, seq_digits);
  if (!seq || *seq == 0 || *seq > seq_max) return false;
  name.seq = *seq;
  return true;
}

bool is_label(std::string_view text) {
  if (text.empty() || text.size() > label_bytes_max) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_plain(text[i])) continue;
    if (text[i] != '%' || text.size() - i < 3 || !is_upper_hex(text[i + 1]) || !is_upper_hex(text[i + 2]))
      return false;
    i += 2;
  }
  return true;
}

bool in_range(const EntryName& name) {
  return name.priority >= priority_first && name.priority <= priority_last && name.seq != 0 &&
         name.seq <= seq_max - name.lines && name.attempts <= counted_max && name.crashes <= counted_max &&
         name.lines <= bundle_lines_most && (name.label.empty() || is_label(name.label)) &&
         (!name.due_ms || (*name.due_ms >= 0 && *name.due_ms <= due_max && !name.is_bundle()));
}

void append_digits(std::string& text, std::uint64_t value, std::size_t width) {
  std::array<char, seq_digits> buffer{};
  const char* const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  const auto length = static_cast<std::size_t>(end - buffer.data());
  if (length < width) text.append(width - length, '0');
  text.append(buffer.data(), length);
}

void append_hex(std::string& text, std::string_view lead, char c) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  text += lead;
  text += digits[byte >> 4U];
  text += digits[byte & 0xFU];
}

}  // namespace

std::string format_entry_name(const EntryName& name) {
  ensure(in_range(name), "the parts of an entry's name are in range");
  std::string text;
  text.reserve(64 + name.label.size());
  if (name.due_ms) {
    append_digits(text, static_cast<std::uint64_t>(*name.due_ms), due_digits);
    text += '_';
  }
  append_digits(text, static_cast<std::uint64_t>(name.priority), priority_digits);
  text += '_';
  append_digits(text, name.seq, seq_digits);
  if (name.lines != 0) append_digits(text += ".n", name.lines, 1);
  if (name.attempts != 0) append_digits(text += ".a", name.attempts, 1);
  if (name.crashes != 0) append_digits(text += ".c", name.crashes, 1);
  if (!name.label.empty()) (text += '~') += name.label;
  text += name.is_bundle() ? bundle_suffix : suffix;
  return text;
}

std::optional<EntryName> parse_entry_name(std::string_view file_name) {
  std::string_view rest = file_name;
  const auto bundle = take_suffix(rest);
  EntryName name;
  if (!bundle || !take_due(rest, name) || !take_priority_and_seq(rest, name)) return std::nullopt;
  if (!take_part(rest, ".n", bundle_lines_most, name.lines) ||
      !take_part(rest, ".a", counted_max, name.attempts) ||
      !take_part(rest, ".c", counted_max, name.crashes)) {
    return std::nullopt;
  }
  if (*bundle != name.is_bundle() || name.seq > seq_max - name.lines) return std::nullopt;
  if (name.is_bundle() && name.due_ms) return std::nullopt;
  if (rest.empty()) return name;
  if (!skip(rest, "~") || !is_label(rest)) return std::nullopt;
  name.label = rest;
  return name;
}

std::int64_t due_ms_of(WallTime due) {
  const auto since_epoch = std::chrono::ceil<std::chrono::milliseconds>(due.time_since_epoch());
  return std::clamp<std::int64_t>(since_epoch.count(), 0, due_max);
}

// 13 digits of milliseconds reach beyond what 64 bits of nanoseconds hold (the year 2262).
WallTime due_time(std::int64_t due_ms) {
  constexpr auto last = std::chrono::floor<std::chrono::milliseconds>(WallTime::max());
  const std::chrono::sys_time<std::chrono::milliseconds> due{std::chrono::milliseconds{due_ms}};
  return due > last ? WallTime::max() : WallTime{due};
}

bool is_entry_file_name(std::string_view file_name) {
  return (file_name.ends_with(suffix) || file_name.ends_with(bundle_suffix)) && !file_name.starts_with('.');
}

bool is_bundle_file_name(std::string_view file_name) {
  return file_name.ends_with(bundle_suffix);
}

std::uint64_t entries_in(std::string_view file_name) {
  if (!is_bundle_file_name(file_name)) return 1;
  const auto name = parse_entry_name(file_name);
  return name ? name->entries() : 1;
}

std::optional<int> leading_priority(std::string_view file_name) {
  const std::size_t end = file_name.find('_');
  if (end == std::string_view::npos || end > priority_digits) return std::nullopt;
  const auto value = read_digits(file_name.substr(0, end));
  if (!value || *value < priority_first || *value > priority_last) return std::nullopt;
  return static_cast<int>(*value);
}

std::string make_label(std::string_view file_name) {
  static_cast<void>(take_suffix(file_name));
  std::string label;
  for (const char c : file_name) {
    if (label.size() + (is_plain(c) ? 1 : 3) > label_bytes_max) break;
    if (is_plain(c)) {
      label += c;
    } else {
      append_hex(label, "%", c);
    }
  }
  return label;
}

std::string format_id(std::uint64_t seq) {
  std::string text;
  append_digits(text, seq, seq_digits);
  return text;
}

std::optional<std::uint64_t> parse_id(std::string_view text) {
  const auto value = read_digits(text);
  if (!value || *value == 0 || *value > seq_max) return std::nullopt;
  return value;
}

std::string printable(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = utf8_character(bytes);
    const std::size_t taken = length == 0 ? 1 : length;
    if (length == 0 || is_control_character(bytes, length)) {
      for (const char c : bytes.substr(0, taken)) append_hex(text, "\\x", c);
    } else {
      text += bytes.substr(0, length);
    }
    bytes.remove_prefix(taken);
  }
  return text;
}

}  // namespace spoold
