#include "store/cleanup.hpp"

#include <algorithm>
#include <limits>

#include "store/placing.hpp"

namespace spoold {

namespace {

constexpr std::size_t items_per_scan = 100'000;  // bounds the memory; about 10 MB
constexpr std::size_t items_per_step = 500;
constexpr std::chrono::hours interval{1};
constexpr std::uint64_t log_copy_max = 256ULL * 1024 * 1024;
constexpr const char* log_staging = "worker-log";

}  // namespace

bool CleanupReport::anything() const {
  return archived > 0 || archive_files_removed > 0 || staging_removed > 0 || log_rotated ||
         std::any_of(removed.begin(), removed.end(), [](std::uint64_t count) { return count > 0; });
}

std::uint64_t CleanupReport::files_removed() const {
  return entry_files_gone + archive_files_removed + staging_removed;
}

Result<std::unique_ptr<Cleanup>> Cleanup::begin(FileSystem& files, const QueueLayout& layout,
                                                Directory archive, const Clock& clock, CleanupOptions options,
                                                const std::atomic<bool>& stop) {
  auto lock = FileLock::take(archive.handle, lock_name);
  if (!lock) {
    Error error = lock.error();
    if (error.kind == ErrorKind::busy) error.context = "another cleanup of this queue is at work; try later";
    return error;
  }
  std::unique_ptr<Cleanup> cleanup(
      new Cleanup(files, layout, archive, clock.wall_now(), std::move(options), stop, std::move(*lock)));
  if (!cleanup->options_.dry_run) {
    auto opened = Archive::open(files, layout, archive);
    if (!opened) return opened.error();
    cleanup->archive_.emplace(std::move(*opened));
  }
  SPOOLD_TRY(cleanup->read_clock_now());
  return cleanup;
}

WallTime Cleanup::due_at(FileSystem& files, Directory archive, WallTime now) {
  const auto record = read_clock_record(files, archive);
  if (!record || record->read_at > now) return now;
  return std::max(now, record->read_at + interval);
}

Result<void> Cleanup::read_clock_now() {
  const ClockRecord record = read_clock(read_clock_record(files_, archive_directory_), now_);
  clock_trusted_ = options_.trust_clock || is_trusted(record);
  report_.clock_trusted = clock_trusted_;
  if (options_.dry_run) return {};
  return write_clock_record(files_, layout_, archive_directory_, record);
}

std::optional<WallTime> Cleanup::trusted_now() const {
  return clock_trusted_ ? std::optional(now_) : std::nullopt;
}

void Cleanup::say(const char* action, const std::string& path) const {
  if (options_.on_item) options_.on_item(action, path);
}

Result<bool> Cleanup::step() {
  while (phase_ != Phase::over && !stop_) {
    const auto more = do_phase();
    if (!more) {
      phase_ = Phase::over;
      return more.error();
    }
    if (*more) return true;
    phase_ = static_cast<Phase>(static_cast<int>(phase_) + 1);
    items_.clear();
    next_item_ = 0;
    scanned_all_ = false;
  }
  return false;
}

// True: there is more to do in this phase.
Result<bool> Cleanup::do_phase() {
  const RetentionOptions& keep = options_.retention;
  switch (phase_) {
    case Phase::completed:
      return options_.completed ? clean_completed() : Result<bool>(false);
    case Phase::failed:
      return clean_dead(State::failed, keep.failed);
    case Phase::cancelled:
      return clean_dead(State::cancelled, keep.cancelled);
    case Phase::corrupt:
      return clean_dead(State::corrupt, keep.corrupt);
    case Phase::archive:
      if (options_.dead) SPOOLD_TRY(clean_archive());
      return false;
    case Phase::staging:
      if (options_.litter) SPOOLD_TRY(clean_staging());
      return false;
    case Phase::log:
      if (options_.litter) SPOOLD_TRY(rotate_log());
      return false;
    case Phase::over:
      break;
  }
  return false;
}

// What goes to the archive is not lost, so that needs no trusted clock.
Result<bool> Cleanup::clean_completed() {
  const bool archive = options_.retention.then == AfterKeeping::archive;
  const auto found =
      fill(State::completed, options_.retention.completed, archive ? std::optional(now_) : trusted_now());
  if (!found) return found.error();
  if (!*found) return false;
  return archive ? archive_some() : remove_some(State::completed);
}

Result<bool> Cleanup::clean_dead(State state, const KeepOptions& keep) {
  if (!options_.dead) return false;
  const auto found = fill(state, keep, trusted_now());
  if (!found) return found.error();
  return *found ? remove_some(state) : Result<bool>(false);
}

// True once there is an item to work on. A scan that found as many as it may is followed by another.
Result<bool> Cleanup::fill(State state, const KeepOptions& keep, std::optional<WallTime> now) {
  if (next_item_ < items_.size()) return true;
  if (scanned_all_) return false;
  const std::size_t items_max = options_.dry_run ? std::numeric_limits<std::size_t>::max() : items_per_scan;
  auto found = scan_for_cleanup(files_, layout_, state, keep, now, items_max, stop_);
  if (!found) return found.error();
  scanned_all_ = found->size() < items_max;
  items_ = std::move(*found);
  next_item_ = 0;
  // A day is one file of the archive.
  if (state == State::completed) {
    std::stable_sort(items_.begin(), items_.end(), [](const CleanupItem& a, const CleanupItem& b) {
      return std::chrono::floor<std::chrono::days>(a.settled_at) <
             std::chrono::floor<std::chrono::days>(b.settled_at);
    });
  }
  return !items_.empty();
}

Result<bool> Cleanup::archive_some() {
  std::vector<Archive::Item> day;
  const auto today = std::chrono::floor<std::chrono::days>(items_[next_item_].settled_at);
  for (std::size_t i = next_item_; i < items_.size() && day.size() < items_per_step; ++i) {
    if (std::chrono::floor<std::chrono::days>(items_[i].settled_at) != today) break;
    day.push_back({items_[i].file_name, items_[i].settled_at});
  }
  for (const auto& item : day)
    say("archive", std::string(to_string(State::completed)) + "/" + item.file_name);
  if (!archive_) {
    next_item_ += day.size();
    for (const auto& item : day) report_.archived += entries_in(item.file_name);
    report_.entry_files_gone += day.size();
    return true;
  }
  std::size_t taken = 0;
  auto moved = archive_->put(day, taken);
  if (!moved) return moved.error();
  next_item_ += taken;
  report_.archived += moved->archived;
  report_.entry_files_gone += moved->files;
  for (auto& problem : moved->unreadable) {
    // Found again by the next scan of this cleanup, which would then never end.
    scanned_all_ = true;
    report_.problems.push_back(std::string(to_string(State::completed)) + "/" + problem);
  }
  return true;
}

Result<bool> Cleanup::remove_some(State state) {
  const std::string directory = std::string(to_string(state)) + "/";
  const std::size_t end = std::min(items_.size(), next_item_ + items_per_step);
  for (; next_item_ < end; ++next_item_) {
    const std::string& name = items_[next_item_].file_name;
    say("remove", directory + name);
    if (!options_.dry_run) {
      const auto removed = files_.remove(layout_.directory(state), name);
      if (!removed && removed.error().kind != ErrorKind::not_found) {
        scanned_all_ = true;
        report_.problems.push_back(directory + printable(name) + ": " + removed.error().message());
        continue;
      }
      if (state == State::corrupt)
        static_cast<void>(files_.remove(layout_.directory(state), reason_name(name)));
    }
    report_.removed[static_cast<std::size_t>(state)] += entries_in(name);
    ++report_.entry_files_gone;
  }
  return true;
}

// A file's age is that of the last instant of its day.
Result<void> Cleanup::clean_archive() {
  const auto names = list_archive(files_, archive_directory_);
  if (!names) return names.error();
  std::vector<std::uint64_t> sizes;
  Kept kept;
  for (const auto& name : *names) {
    const auto status = files_.status(archive_directory_, name);
    sizes.push_back(status ? status->size : 0);
    ++kept.count;
    kept.bytes += sizes.back();
  }
  for (std::size_t i = 0; i < names->size(); ++i) {
    const std::string& name = (*names)[i];
    const WallTime settled_at = *parse_archive_name(name) + std::chrono::days{1};
    if (!goes(options_.retention.archive, kept, settled_at, trusted_now())) break;
    say("remove", std::string(archive_name) + "/" + name);
    if (!options_.dry_run) SPOOLD_TRY(files_.remove(archive_directory_, name));
    ++report_.archive_files_removed;
    --kept.count;
    kept.bytes -= sizes[i];
  }
  return {};
}

// A producer at work on one of these is told that its file is gone, and nothing was acknowledged.
Result<void> Cleanup::clean_staging() {
  if (!clock_trusted_) return {};
  std::vector<std::string> old;
  SPOOLD_TRY(files_.list(layout_.staging(), [&](std::string_view name) {
    const auto status = files_.status(layout_.staging(), std::string(name));
    if (status && status->type != FileType::directory && status->modified < now_ - options_.staging_age) {
      old.emplace_back(name);
    }
    return !stop_;
  }));
  for (const auto& name : old) {
    say("remove", ".tmp/" + name);
    if (options_.dry_run || files_.remove(layout_.staging(), name)) ++report_.staging_removed;
  }
  return {};
}

// The daemon keeps its log open and writes at its end, wherever that is: so the file is copied and emptied.
Result<void> Cleanup::rotate_log() {
  const auto status = files_.status(layout_.queue(), worker_log_name);
  if (!status || status->type != FileType::regular || status->size <= options_.log_bytes_max) return {};
  say("rotate", worker_log_name);
  report_.log_rotated = true;
  if (options_.dry_run) return {};
  const auto log = files_.read(layout_.queue(), worker_log_name, log_copy_max);
  if (log) {
    static_cast<void>(files_.remove(layout_.staging(), log_staging));
    SPOOLD_TRY(files_.write_new(layout_.staging(), log_staging, log->bytes, 0600, Durability::unsynced));
    SPOOLD_TRY(files_.rename_over(layout_.staging(), log_staging, layout_.queue(), worker_log_old_name));
  } else if (log.error().kind != ErrorKind::too_large) {
    return log.error();
  }
  return files_.truncate(layout_.queue(), worker_log_name, 0);
}

}  // namespace spoold
