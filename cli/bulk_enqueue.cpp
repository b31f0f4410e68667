#include "bulk_enqueue.hpp"

#include "entry/entry_format.hpp"
#include "line_reader.hpp"

namespace spoold {

namespace {

constexpr std::size_t chunk_entries_max = 1000;
constexpr std::size_t chunk_bytes_max = 8UL * 1024 * 1024;
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

class Chunk {
 public:
  Chunk(Producer& producer, const BulkOptions& options, BulkResult& result)
      : producer_(producer), options_(options), result_(result) {}

  void add(const LineReader::Line& line, Entry entry) {
    lines_.push_back(line.number);
    bytes_ += line.text.size();
    entries_.push_back(std::move(entry));
    if (entries_.size() >= chunk_entries_max || bytes_ >= chunk_bytes_max) flush();
  }

  void flush() {
    if (entries_.empty()) return;
    auto bulk = producer_.enqueue_all(std::move(entries_));
    for (const auto& enqueued : bulk.enqueued) options_.on_enqueued(enqueued);
    result_.enqueued += bulk.enqueued.size();
    if (!bulk.enqueued.empty()) last_line_ = lines_[bulk.enqueued.size() - 1];
    if (!bulk.result) explain(bulk.result.error());
    entries_.clear();
    lines_.clear();
    bytes_ = 0;
  }

  // What to do about an end that came too early.
  void explain(Error error) {
    error.context =
        (last_line_ == 0 ? "nothing is enqueued: "
                         : "enqueued up to line " + std::to_string(last_line_) + ", not further: ") +
        error.context;
    result_.result = std::move(error);
  }

 private:
  Producer& producer_;
  const BulkOptions& options_;
  BulkResult& result_;
  std::vector<Entry> entries_;
  std::vector<std::uint64_t> lines_;
  std::size_t bytes_ = 0;
  std::uint64_t last_line_ = 0;  // whose entry is in the queue
};

// Calls `visit` with each line that is not blank and what is in it, while it returns true.
Result<void> each_line(const EntryInput& input, std::uint64_t entry_bytes_max,
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

void tell_bad(const LineReader::Line& line, const Error& error, const BulkOptions& options,
              BulkResult& result) {
  ++result.bad;
  options.on_bad_line("line " + std::to_string(line.number) + ": " + error.message());
}

Result<void> check_all(EntryInput& input, const BulkOptions& options, BulkResult& result) {
  SPOOLD_TRY(input.make_rewindable());
  SPOOLD_TRY(
      each_line(input, options.entry_bytes_max, [&](const LineReader::Line& line, Result<Entry> entry) {
        if (!entry) tell_bad(line, entry.error(), options, result);
        return true;
      }));
  return input.rewind();
}

}  // namespace

BulkResult enqueue_lines(EntryInput& input, Producer& producer, const BulkOptions& options) {
  BulkResult result;
  if (!options.skip_bad) {
    result.result = check_all(input, options, result);
    if (!result.result || result.bad > 0) return result;
  }
  Chunk chunk(producer, options, result);
  const auto read =
      each_line(input, options.entry_bytes_max, [&](const LineReader::Line& line, Result<Entry> entry) {
        if (entry) {
          chunk.add(line, std::move(*entry));
        } else {
          tell_bad(line, entry.error(), options, result);
        }
        return result.result.has_value();
      });
  if (result.result) chunk.flush();
  if (result.result && !read) chunk.explain(read.error());
  return result;
}

}  // namespace spoold
