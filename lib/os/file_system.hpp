#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

// The one door to the queue's files.
//
// Directories are opened once and used by handle, so that a directory swapped for a symlink later cannot lead
// anywhere else; names are single path components. The calls are the ones whose order the promises rest on
// (docs/queue.md), so a test can put a disk behind this that fails or forgets. sync_directory is a call of
// its own, since a rename becomes durable only there. Implementations are used from one thread at a time
// unless they say otherwise.

namespace spoold {

// An open directory; valid as long as the FileSystem that opened it.
struct Directory {
  int handle = -1;
};

enum class FileType { regular, directory, symlink, other };

struct FileStatus {
  FileType type = FileType::other;
  std::uint64_t size = 0;  // bytes
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t links = 0;
  uid_t owner = 0;
  gid_t group = 0;
  mode_t mode = 0;      // permission bits only
  WallTime modified{};  // mtime
  WallTime changed{};   // ctime: also the last rename; nobody can set it
};

struct FileContent {
  std::string bytes;
  FileStatus status;  // of the file that was read, by fstat before the read
  bool changed_while_read =
      false;  // size or mtime differed after the read, or the count of bytes did not fit the size
};

struct FreeSpace {
  std::uint64_t bytes = 0;   // for this user
  std::uint64_t inodes = 0;  // all ones where the file system does not count them
};

// What write_new() does for the bytes before it returns.
enum class Durability {
  synced,        // they are on the disk
  before_names,  // no name that the file is given after this will be durable before they are, nor will the
                 // next sync_directory() of such a name return before that: synced, or, where the file
                 // system keeps that order by itself, only written out (os/journal_order.hpp)
  unsynced
};

struct NewFile {
  std::string name;
  std::string bytes;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // A symlink as the last component, or anything but a directory: kind wrong_type.
  [[nodiscard]] virtual Result<Directory> open_directory(const std::string& path) = 0;
  [[nodiscard]] virtual Result<Directory> open_directory(Directory parent, const std::string& name) = 0;
  // Exists already: kind exists. The mode is set exactly, whatever the umask.
  [[nodiscard]] virtual Result<void> make_directory(Directory parent, const std::string& name,
                                                    mode_t mode) = 0;
  [[nodiscard]] virtual Result<FileStatus> status(Directory directory) = 0;
  // Never follows a symlink.
  [[nodiscard]] virtual Result<FileStatus> status(Directory directory, const std::string& name) = 0;
  // Status of whatever a path leads to now.
  [[nodiscard]] virtual Result<FileStatus> status(const std::string& path) = 0;

  // Calls `visit` with each name but "." and "..", in no order, until it returns false. Constant memory.
  [[nodiscard]] virtual Result<void> list(Directory directory,
                                          const std::function<bool(std::string_view name)>& visit) = 0;

  // Reads a regular file whole, once, never following a symlink and never blocking on a FIFO or a lease.
  // Not a regular file: wrong_type. Over `bytes_max`: too_large. Leased: busy.
  [[nodiscard]] virtual Result<FileContent> read(Directory directory, const std::string& name,
                                                 std::uint64_t bytes_max) = 0;

  // Whether some process has it open for writing (which takes a lease on it for a moment, fcntl(2)). An Error
  // where that cannot be told: of somebody else's file, or on a file system without leases.
  [[nodiscard]] virtual Result<bool> is_open_for_writing(Directory directory, const std::string& name) = 0;

  // Makes a new file with these bytes. Name taken: exists. On any error the file is removed again. A failed
  // sync is never repeated.
  [[nodiscard]] virtual Result<void> write_new(Directory directory, const std::string& name,
                                               std::string_view bytes, mode_t mode,
                                               Durability durability) = 0;

  // Writes these bytes behind what the file holds, and syncs them; makes the file where it is missing (its
  // name is not durable then). After an error an unknown part of them may be there.
  [[nodiscard]] virtual Result<void> append(Directory directory, const std::string& name,
                                            std::string_view bytes, mode_t mode_if_made) = 0;
  // Cuts a file to its first `size` bytes, and syncs that.
  [[nodiscard]] virtual Result<void> truncate(Directory directory, const std::string& name,
                                              std::uint64_t size) = 0;
  // write_new of several files, Durability::before_names, in no order; the results are in theirs. Disks sync
  // several at once faster than one after the other.
  [[nodiscard]] virtual std::vector<Result<void>> write_all_new(Directory directory,
                                                                const std::vector<NewFile>& files,
                                                                mode_t mode);

  // Moves a name; a taken target is kept and kind exists returned (renameat2(2) RENAME_NOREPLACE). Source
  // gone: not_found.
  [[nodiscard]] virtual Result<void> rename_new(Directory from, const std::string& from_name, Directory to,
                                                const std::string& to_name) = 0;
  // Moves a name; a taken target is replaced in one step.
  [[nodiscard]] virtual Result<void> rename_over(Directory from, const std::string& from_name, Directory to,
                                                 const std::string& to_name) = 0;
  [[nodiscard]] virtual Result<void> remove(Directory directory, const std::string& name) = 0;

  // Makes the names in a directory durable. Failed: kind unknown, and the caller must not believe a second
  // try.
  [[nodiscard]] virtual Result<void> sync_directory(Directory directory) = 0;

  [[nodiscard]] virtual Result<FreeSpace> free_space(Directory directory) = 0;
};

}  // namespace spoold
