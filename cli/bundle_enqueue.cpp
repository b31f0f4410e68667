#include "bundle_enqueue.hpp"

#include <algorithm>
#include <array>

#include "entry_lines.hpp"

namespace spoold {

namespace {

class Bundling {
 public:
  Bundling(Producer& producer, const BundleOptions& options) : producer_(producer), options_(options) {}

  [[nodiscard]] Result<void> add(const std::string& line, int priority) {
    Part& part = parts_[static_cast<std::size_t>(priority)];
    const std::uint64_t bytes = line.size() + 1;
    if (part.lines == options_.limits.bundle_lines_max ||
        part.text.size() + bytes > options_.limits.bundle_bytes_max) {
      SPOOLD_TRY(stage(part, priority));
    }
    // All priorities together take the memory of two bundles at most.
    if (held_ + bytes > 2 * options_.limits.bundle_bytes_max) SPOOLD_TRY(stage_largest());
    (part.text += line) += '\n';
    ++part.lines;
    held_ += bytes;
    return {};
  }

  [[nodiscard]] Result<void> stage_rest() {
    for (int priority = priority_first; priority <= priority_last; ++priority) {
      SPOOLD_TRY(stage(parts_[static_cast<std::size_t>(priority)], priority));
    }
    return {};
  }

  void discard() {
    for (const auto& bundle : staged_) producer_.discard(bundle);
    staged_.clear();
  }

  // What of it is in the queue is in `into`, also where the rest is not.
  [[nodiscard]] Result<void> publish(BundledLines& into) {
    std::size_t shown = 0;
    Result<void> published = producer_.publish_bundles(staged_, shown);
    staged_.resize(shown);
    for (const auto& bundle : staged_) into.enqueued += bundle.name.lines;
    into.bundles = std::move(staged_);
    return published;
  }

 private:
  struct Part {
    std::string text;
    std::uint32_t lines = 0;
  };

  [[nodiscard]] Result<void> stage(Part& part, int priority) {
    if (part.lines == 0) return {};
    entries_ += part.lines;
    SPOOLD_TRY(producer_.check_room(entries_, 1));
    auto staged = producer_.stage_bundle(part.text, part.lines, priority);
    if (!staged) return std::move(staged).error();
    staged_.push_back(std::move(*staged));
    held_ -= part.text.size();
    part.text.clear();
    part.lines = 0;
    return {};
  }

  [[nodiscard]] Result<void> stage_largest() {
    const auto largest = std::max_element(parts_.begin(), parts_.end(), [](const Part& a, const Part& b) {
      return a.text.size() < b.text.size();
    });
    return stage(*largest, static_cast<int>(largest - parts_.begin()));
  }

  Producer& producer_;
  const BundleOptions& options_;
  std::array<Part, priority_last + 1> parts_;  // by priority; 0 unused
  std::uint64_t held_ = 0;                     // bytes in them
  std::uint64_t entries_ = 0;                  // staged
  std::vector<Producer::StagedBundle> staged_;
};

}  // namespace

BundledLines enqueue_bundles(EntryInput& input, Producer& producer, const BundleOptions& options) {
  BundledLines done;
  Bundling bundling(producer, options);
  const std::uint64_t line_bytes_max =
      std::min(options.limits.entry_bytes_max, options.limits.bundle_bytes_max - 1);
  const auto read =
      each_entry_line(input, line_bytes_max, [&](const LineReader::Line& line, const Result<Entry>& entry) {
        if (!entry) {
          ++done.bad;
          options.on_bad_line("line " + std::to_string(line.number) + ": " + entry.error().message());
        } else if (done.bad == 0 || options.skip_bad) {
          done.result = bundling.add(line.text, entry->priority.value_or(priority_default));
        }
        return done.result.has_value();
      });
  if (done.result && !read) done.result = read.error();
  const bool stopped_by_bad = done.bad > 0 && !options.skip_bad;
  if (done.result && !stopped_by_bad) done.result = bundling.stage_rest();
  if (done.result && !stopped_by_bad) {
    done.result = bundling.publish(done);
  } else {
    bundling.discard();
  }
  return done;
}

}  // namespace spoold
