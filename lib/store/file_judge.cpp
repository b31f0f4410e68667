#include "store/file_judge.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

namespace spoold {

namespace {

std::string_view describe(FileType type) {
  switch (type) {
    case FileType::symlink:
      return "a symbolic link";
    case FileType::directory:
      return "a directory";
    default:
      return "a FIFO, a socket or a device";
  }
}

// Whether the file's own mode explains that this user may not read it. (If not, it is the system that denies
// it, for every file alike, and no entry is to blame.)
bool mode_forbids_reading(const FileStatus& status) {
  return status.owner == ::geteuid() ? (status.mode & 0400U) == 0 : (status.mode & 0044U) != 0044U;
}

std::string unreadable(const FileStatus& status) {
  std::array<char, 16> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(status.mode));
  return "it may not be read by the daemon (uid " + std::to_string(::geteuid()) + "): it belongs to uid " +
         std::to_string(status.owner) + " and has mode " + mode.data();
}

}  // namespace

Result<FileJudge::Look> FileJudge::look(State state, const std::string& file_name, std::uint64_t bytes_max) {
  Result<FileContent> content = files_.read(layout_.directory(state), file_name, bytes_max);
  if (!content) return look_at_unreadable(state, file_name, std::move(content).error());
  const FileStatus& status = content->status;
  if (status.links == 0) return Look{Vanished{}};
  if (auto fault = find_fault(status)) return Look{Refused{.reason = std::move(*fault)}};
  if (content->changed_while_read) {
    const Result<FileStatus> now = files_.status(layout_.directory(state), file_name);
    return young_or<Look>(now ? *now : status, "it changed while it was read: write aside and rename");
  }
  return Look{Whole{std::move(content->bytes), status}};
}

Result<FileJudge::Look> FileJudge::look_at_unreadable(State state, const std::string& file_name,
                                                      Error error) {
  if (error.kind == ErrorKind::not_found) return Look{Vanished{}};
  if (error.kind == ErrorKind::busy) return Look{Young{clock_.wall_now() + settle_time_}};
  // Without an errno it is our own limit that was met, by a regular file.
  if (error.kind == ErrorKind::too_large && error.number == 0)
    return Look{Refused{.reason = error.context, .too_large = true}};

  const Result<FileStatus> status = files_.status(layout_.directory(state), file_name);
  if (!status) return error;
  if (status->type != FileType::regular) {
    return Look{Refused{.reason = "it is " + std::string(describe(status->type)) + ", no regular file"}};
  }
  if (error.number == EACCES && mode_forbids_reading(*status))
    return Look{Refused{.reason = unreadable(*status)}};
  return error;
}

// A time ahead of the clock tells nothing about how long ago somebody wrote; taken for young, such a file
// would never come to rest.
std::optional<FileJudge::Young> FileJudge::young(const FileStatus& status) const {
  const WallTime now = clock_.wall_now();
  if (status.modified > now || status.modified <= now - settle_time_) return std::nullopt;
  return Young{status.modified + settle_time_};
}

std::optional<std::string> FileJudge::find_fault(const FileStatus& status) {
  if (status.links != 1) {
    return "it has " + std::to_string(status.links) +
           " names (hard links), and could be changed through another: enqueue a copy";
  }
  if (!submitters_.accepts(status.owner)) {
    return "it belongs to uid " + std::to_string(status.owner) +
           ", who may not enqueue here: see queue.allow_uids, or the group of pending/";
  }
  return std::nullopt;
}

// A directory that does not let this user write cannot be moved to another parent, nor can other users' files
// under a sticky bit.
bool FileJudge::cannot_be_moved(const std::string& file_name) {
  const Result<FileStatus> status = files_.status(layout_.directory(State::pending), file_name);
  return status && (status->type == FileType::directory || status->owner != ::geteuid());
}

}  // namespace spoold
