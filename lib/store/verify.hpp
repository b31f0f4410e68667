#pragma once

#include <functional>
#include <string>
#include <vector>

#include "os/clock.hpp"
#include "store/queue_layout.hpp"
#include "store/sequence.hpp"

// Looking a queue over as fsck does a file system: `spoolctl verify`.

namespace spoold {

// One thing that is wrong.
struct Finding {
  // directory: missing, not real, of another owner, or with a mode that lets in too many or too few
  // sequence: .seq is missing or damaged
  // owner, mode: of an entry's file
  // type: no regular file, or one with a second name
  // stray: no name of an entry; it makes systemd start a daemon again and again, or is never found
  // name: an entry's file, but not as it must be called there
  // duplicate: an id that is there twice
  // orphan: in processing/, and no daemon has it
  // leftover: of something that was cut short
  // swollen: an empty directory that kept the size of a full one
  std::string kind;
  std::string place;    // "pending/notes.txt", or the path of a directory
  std::string problem;  // one line
  std::string remedy;   // what repair does, or what a person is to do
  // Mends it; empty where only a person can. REQUIRES: the queue's lock is held.
  std::function<Result<void>()> mend;
};

struct VerifyOptions {
  bool daemon_running = false;  // then nothing in processing/ is an orphan
  std::uint32_t crashes_max = 3;
  std::chrono::nanoseconds staging_age = std::chrono::hours{36};
  std::uint64_t swollen_bytes = 64ULL * 1024;
  // Brings back what lies in processing/, as a daemon would at its start.
  std::function<Result<void>()> recover;
};

// Everything that is wrong with the directories of the queue at `path`; empty: it can be opened, and
// find_file_problems() can look into it. The path and `files` must outlive the findings.
[[nodiscard]] std::vector<Finding> find_directory_problems(FileSystem& files, const std::string& path);

// Everything that is wrong with what lies in the directories, in the order in which it is to be mended.
// Changes nothing. Entries that move meanwhile are not told as problems. All arguments must outlive the
// findings.
[[nodiscard]] Result<std::vector<Finding>> find_file_problems(FileSystem& files, const QueueLayout& layout,
                                                              Sequence& sequence, const Clock& clock,
                                                              const VerifyOptions& options);

}  // namespace spoold
