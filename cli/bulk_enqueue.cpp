#include "bulk_enqueue.hpp"

#include "entry_lines.hpp"

namespace spoold {

namespace {

constexpr std::size_t chunk_entries_max = 1000;
constexpr std::size_t chunk_bytes_max = 8UL * 1024 * 1024;

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

void tell_bad(const LineReader::Line& line, const Error& error, const BulkOptions& options,
              BulkResult& result) {
  ++result.bad;
  options.on_bad_line("line " + std::to_string(line.number) + ": " + error.message());
}

Result<void> check_all(EntryInput& input, const BulkOptions& options, BulkResult& result) {
  SPOOLD_TRY(input.make_rewindable());
  SPOOLD_TRY(
      each_entry_line(input, options.entry_bytes_max, [&](const LineReader::Line& line, Result<Entry> entry) {
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
      each_entry_line(input, options.entry_bytes_max, [&](const LineReader::Line& line, Result<Entry> entry) {
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
