#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "os/clock.hpp"
#include "os/file_lock.hpp"
#include "policy/retention.hpp"
#include "store/archive.hpp"
#include "store/cleanup_scan.hpp"

namespace spoold {

struct CleanupOptions {
  RetentionOptions retention;
  bool completed = true;     // to the archive, or away
  bool dead = true;          // failed/, cancelled/, corrupt/ and old files of the archive
  bool litter = true;        // old files in .tmp/, a long worker.log
  bool dry_run = false;      // changes nothing, but calls on_item
  bool trust_clock = false;  // a person says that it is right
  std::chrono::nanoseconds staging_age = std::chrono::hours{36};
  std::uint64_t log_bytes_max = 1024 * 1024;
  // Told of all that goes, before it does: "archive", "remove", "rotate", and the path in the queue.
  std::function<void(const char* action, const std::string& path)> on_item;
};

struct CleanupReport {
  std::uint64_t archived = 0;                              // entries, as all that is of a state
  std::array<std::uint64_t, all_states.size()> removed{};  // entries, by state
  std::uint64_t archive_files_removed = 0;
  std::uint64_t staging_removed = 0;
  std::uint64_t entry_files_gone = 0;  // archived and removed; a bundle is one
  bool log_rotated = false;
  bool clock_trusted = true;          // false: nothing was removed by age
  std::vector<std::string> problems;  // what was left, and why

  [[nodiscard]] std::uint64_t removed_from(State state) const {
    return removed[static_cast<std::size_t>(state)];
  }
  [[nodiscard]] bool anything() const;
  // Files that are gone, whatever they were: for many entries a bundle is one.
  [[nodiscard]] std::uint64_t files_removed() const;
};

// Keeps what is over within its limits. Beside a running daemon and beside producers: it touches only what is
// over, and litter. One at a time in a queue (a lock in archive/); one thread, which may be another than that
// which opened the directories. Works in steps, so that whoever drives it can pause, stop and show progress.
class Cleanup {
 public:
  // Takes the lock (kind busy: another cleanup is at work), finishes what a crash left, reads the clock. All
  // must outlive the cleanup; it stops early, at any point, once `stop` is set.
  [[nodiscard]] static Result<std::unique_ptr<Cleanup>> begin(FileSystem& files, const QueueLayout& layout,
                                                              Directory archive, const Clock& clock,
                                                              CleanupOptions options,
                                                              const std::atomic<bool>& stop);

  // When the daemon is to clean up next: an hour after the last one.
  [[nodiscard]] static WallTime due_at(FileSystem& files, Directory archive, WallTime now);

  // The next part: at most some hundred files. False: all is done. After an Error it is over.
  [[nodiscard]] Result<bool> step();

  [[nodiscard]] const CleanupReport& report() const { return report_; }

 private:
  enum class Phase { completed, failed, cancelled, corrupt, archive, staging, log, over };
  Cleanup(FileSystem& files, const QueueLayout& layout, Directory archive, WallTime now,
          CleanupOptions options, const std::atomic<bool>& stop, FileLock lock)
      : files_(files),
        layout_(layout),
        archive_directory_(archive),
        now_(now),
        options_(std::move(options)),
        stop_(stop),
        lock_(std::move(lock)) {}

  [[nodiscard]] Result<void> read_clock_now();
  [[nodiscard]] std::optional<WallTime> trusted_now() const;
  [[nodiscard]] Result<bool> do_phase();
  [[nodiscard]] Result<bool> clean_completed();
  [[nodiscard]] Result<bool> clean_dead(State state, const KeepOptions& keep);
  [[nodiscard]] Result<bool> remove_some(State state);
  [[nodiscard]] Result<bool> archive_some();
  [[nodiscard]] Result<bool> fill(State state, const KeepOptions& keep, std::optional<WallTime> now);
  [[nodiscard]] Result<void> clean_archive();
  [[nodiscard]] Result<void> clean_staging();
  [[nodiscard]] Result<void> rotate_log();
  void say(const char* action, const std::string& path) const;

  FileSystem& files_;
  const QueueLayout& layout_;
  Directory archive_directory_;
  WallTime now_;
  CleanupOptions options_;
  const std::atomic<bool>& stop_;
  FileLock lock_;
  std::optional<Archive> archive_;  // none in a dry run
  bool clock_trusted_ = false;
  Phase phase_ = Phase::completed;
  std::vector<CleanupItem> items_;  // of the phase, those still to go
  std::size_t next_item_ = 0;
  bool scanned_all_ = false;  // the last scan found all that goes
  CleanupReport report_;
};

}  // namespace spoold
