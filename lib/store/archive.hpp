#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "entry/entry.hpp"
#include "os/file_system.hpp"
#include "policy/retention.hpp"
#include "store/queue_layout.hpp"

// archive/: what was completed, as JSON Lines compressed by gzip, a file a day ("2026-01-02.jsonl.gz", the
// day it was settled, UTC). Each line: {"id", "file", "settled_at", "entry"}. A bundle becomes as many lines
// as it has, each with the id of its own.
//
// An entry is in completed/ or in the archive, and in neither twice, whatever is cut short when: what is
// about to happen is written down first (the journal: which file, its size before and after, which entries),
// and whoever opens the archive next finishes it or takes it back. The argument stands in docs/queue.md.

namespace spoold {

// Opens archive/, making it where it is missing.
[[nodiscard]] Result<Directory> open_archive(FileSystem& files, const QueueLayout& layout);

// The day files, sorted; `visit` is not called for anything else that may lie there.
[[nodiscard]] Result<std::vector<std::string>> list_archive(FileSystem& files, Directory archive);

// The day a name is of: its first instant. Nothing unless it is the name of a day file.
[[nodiscard]] std::optional<WallTime> parse_archive_name(std::string_view file_name);
[[nodiscard]] std::string format_archive_name(WallTime settled_at);

// The writer. REQUIRES: the lock of the archive is held (FileLock on lock_name in archive/). One thread.
class Archive {
 public:
  // Finishes or takes back what a crash left half done.
  [[nodiscard]] static Result<Archive> open(FileSystem& files, const QueueLayout& layout, Directory archive);

  struct Item {
    std::string file_name;  // in completed/
    WallTime settled_at{};
  };
  struct Moved {
    std::uint64_t archived = 0;           // entries: of a bundle its lines
    std::uint64_t files = 0;              // that left completed/
    std::vector<std::string> unreadable;  // "NAME: why"; they stay in completed/
  };
  // Moves entries of one day from completed/; those that are gone meanwhile are passed over. Reads at most
  // about 4 MiB of them and leaves the rest: `taken` tells how many were looked at. REQUIRES: all of the same
  // day.
  [[nodiscard]] Result<Moved> put(const std::vector<Item>& items, std::size_t& taken);

 private:
  struct Journal;
  Archive(FileSystem& files, const QueueLayout& layout, Directory archive)
      : files_(&files), layout_(&layout), archive_(archive) {}
  [[nodiscard]] Result<void> repair();
  [[nodiscard]] Result<void> write_journal(const Journal& journal);
  [[nodiscard]] Result<void> remove_archived(const std::vector<std::string>& names);
  [[nodiscard]] Result<bool> any_left(const Journal& journal, bool& any_missing);
  [[nodiscard]] Result<bool> is_appended(const Journal& journal);
  [[nodiscard]] Result<std::uint64_t> size_of(const std::string& name);

  FileSystem* files_;
  const QueueLayout* layout_;
  Directory archive_;
};

// What the last cleanup wrote down of the clock; nothing where there is no record that can be read.
[[nodiscard]] std::optional<ClockRecord> read_clock_record(FileSystem& files, Directory archive);
[[nodiscard]] Result<void> write_clock_record(FileSystem& files, const QueueLayout& layout, Directory archive,
                                              const ClockRecord& record);

}  // namespace spoold
