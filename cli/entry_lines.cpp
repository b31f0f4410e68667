#include "entry_lines.hpp"

#include "entry/entry_format.hpp"

namespace spoold {

namespace {

constexpr std::size_t added_bytes = 160;  // what enqueueing writes into an entry: seq, created_at, priority

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r") == std::string::npos;
}

// Also what the producer would refuse later, when the rest of its chunk is on the disk already.
Result<Entry> parse_line(const LineReader::Line& line, std::uint64_t entry_bytes_max) {
  const auto too_large = [&] {
    return Error{ErrorKind::too_large, "the entry is too large: the limit is " +
                                           std::to_string(entry_bytes_max) +
                                           " bytes (queue.max_entry_bytes)"};
  };
  if (line.too_long) return too_large();
  auto entry = parse_entry(line.text);
  if (!entry) return entry;
  // Written anew, numbers may take several times the room they took.
  const bool may_be_over = (line.text.size() + added_bytes) * 8 > entry_bytes_max;
  if (may_be_over && format_entry(*entry).size() + added_bytes > entry_bytes_max) return too_large();
  return entry;
}

}  // namespace

Result<void> each_entry_line(const EntryInput& input, std::uint64_t entry_bytes_max,
                             const std::function<bool(const LineReader::Line&, Result<Entry>)>& visit) {
  LineReader reader(input.descriptor(), input.name(), entry_bytes_max);
  while (true) {
    const auto line = reader.next();
    if (!line) return line.error();
    if (!*line) return {};
    if (!(*line)->too_long && is_blank((*line)->text)) continue;
    if (!visit(**line, parse_line(**line, entry_bytes_max))) return {};
  }
}

}  // namespace spoold
