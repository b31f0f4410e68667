#include "store/queue_check.hpp"

#include "entry/entry_name.hpp"
#include "os/clock.hpp"
#include "store/sequence.hpp"

namespace spoold {

namespace {

void check_sequence(FileSystem& files, const QueueLayout& layout, std::vector<std::string>& problems) {
  const std::string path = layout.path() + "/" + sequence_name;
  const SystemClock clock;
  const Result<FileStatus> status = files.status(layout.queue(), sequence_name);
  if (!status && status.error().kind == ErrorKind::not_found) {
    problems.push_back(
        path + " is not there: 'spoolctl init' makes it, given the same --config, --instance or --queue");
  } else if (!status) {
    problems.push_back(status.error().message());
  } else if (const auto opened = Sequence::open(layout.queue(), clock, 0600); !opened) {
    problems.push_back(layout.path() + ": " + opened.error().message());
  }
}

// A name that no scan takes up, yet makes systemd start the daemon again and again.
void check_pending(FileSystem& files, const QueueLayout& layout, std::vector<std::string>& problems) {
  const Result<void> listed = files.list(layout.directory(State::pending), [&](std::string_view name) {
    if (is_entry_file_name(name) || name.starts_with('.')) return true;
    problems.push_back(layout.path_of(State::pending) + "/" + printable(name) +
                       " will never run: an entry's name ends in .json or .jsonl; rename or remove it");
    return true;
  });
  if (!listed) problems.push_back(layout.path_of(State::pending) + ": " + listed.error().message());
}

// Removes everything in a directory but directories. `remove` is told each name before it goes.
Result<void> empty(FileSystem& files, Directory directory, const std::string& shown,
                   std::vector<std::string>& kept, const std::function<void(std::string_view)>& removed) {
  std::vector<std::string> names;
  SPOOLD_TRY(files.list(directory, [&](std::string_view name) {
    names.emplace_back(name);
    return true;
  }));
  for (const std::string& name : names) {
    const Result<void> gone = files.remove(directory, name);
    if (gone) {
      removed(name);
    } else if (gone.error().kind == ErrorKind::wrong_type) {
      kept.push_back(shown + "/" + printable(name));
    } else if (gone.error().kind != ErrorKind::not_found) {
      return gone.error();
    }
  }
  return files.sync_directory(directory);
}

}  // namespace

std::vector<std::string> check_queue(FileSystem& files, const std::string& path) {
  std::vector<std::string> problems;
  for (const Error& problem : QueueLayout::find_problems(files, path)) problems.push_back(problem.message());
  const Result<QueueLayout> layout = QueueLayout::open_for_producer(files, path);
  if (!layout) return problems;
  check_sequence(files, *layout, problems);
  check_pending(files, *layout, problems);
  return problems;
}

Result<ResetReport> reset_queue(FileSystem& files, const QueueLayout& layout) {
  ResetReport report;
  for (const State state : all_states) {
    std::uint64_t& removed = report.removed[static_cast<std::size_t>(state)];
    SPOOLD_TRY(
        empty(files, layout.directory(state), std::string(to_string(state)), report.kept,
              [&](std::string_view name) { removed += is_entry_file_name(name) ? entries_in(name) : 0; }));
  }
  SPOOLD_TRY(empty(files, layout.staging(), ".tmp", report.kept,
                   [&](std::string_view) { ++report.staging_removed; }));
  const Result<void> stats = files.remove(layout.queue(), stats_name);
  if (!stats && stats.error().kind != ErrorKind::not_found) return stats.error();
  SPOOLD_TRY(files.sync_directory(layout.queue()));
  return report;
}

}  // namespace spoold
