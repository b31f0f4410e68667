#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "os/file_system.hpp"

// Where everything lies in a queue directory. No other file spells the name of a folder.

namespace spoold {

// The state of an entry is the directory it lies in. Who moves it on:
enum class State {
  pending,  // put here by producers, by the daemon (due, release, recovery) and by people (retry); the daemon
            // claims it
  processing,  // put here by the daemon's claim; the daemon settles it, or recovers it at its next start
  deferred,   // put here by producers (not_before) and the daemon (back-off); the daemon moves it on when due
  completed,  // put here by the daemon's ack; retention takes it out
  failed,     // put here by the daemon's dead-letter; people retry it, retention takes it out
  cancelled,  // put here by people; people retry it, retention takes it out
  corrupt     // put here by the daemon: no entry, untouched, with NAME.reason beside it; people look at it
};
constexpr std::array<State, 7> all_states{State::pending,   State::processing, State::deferred,
                                          State::completed, State::failed,     State::cancelled,
                                          State::corrupt};
[[nodiscard]] std::string_view to_string(State state);             // "pending"
[[nodiscard]] std::optional<State> parse_state(std::string_view);  // exact names only

constexpr const char* lock_name = ".lock";
constexpr const char* sequence_name = ".seq";
constexpr const char* stats_name = "stats.json";
constexpr const char* archive_name = "archive";
constexpr const char* level_name = "level.json";
constexpr const char* worker_log_name = "worker.log";
constexpr const char* worker_log_old_name = "worker.log.1";
constexpr const char* worker_pid_name = "worker.pid";

// For one user: directories 0700, .seq 0600. Where a trusted group may enqueue: pending/, deferred/ and .tmp/
// 2770, the others 2750, .seq 0660; the group is that of the queue's directory.
struct QueueModes {
  bool group_may_enqueue = false;
};

// The directories of one queue, opened once and held; every file is then reached through these handles.
class QueueLayout {
 public:
  // Makes what is missing of a queue at `path` (parents too, one level), or completes one; existing files
  // stay. Syncs. Refuses (kind invalid) where a directory is there but its mode keeps out the group that is
  // to enqueue. Run by root inside another user's directory, what is made belongs to that user.
  [[nodiscard]] static Result<void> create(FileSystem& files, const std::string& path,
                                           const QueueModes& modes);

  // Opens and checks: each directory is there, real (no symlink), on one device, owned by this user or root,
  // and not writable by everybody. The Error names the directory, what is wrong and what to do.
  [[nodiscard]] static Result<QueueLayout> open(FileSystem& files, const std::string& path);

  // As open(), for a command that root may run on anybody's queue: root is not asked who owns it.
  [[nodiscard]] static Result<QueueLayout> open_for_operator(FileSystem& files, const std::string& path);

  // Everything that open() would refuse, not only the first; empty if it would succeed.
  [[nodiscard]] static std::vector<Error> find_problems(FileSystem& files, const std::string& path);

  // Opens what a producer needs (the queue, pending/, deferred/, .tmp/) without the owner checks.
  [[nodiscard]] static Result<QueueLayout> open_for_producer(FileSystem& files, const std::string& path);

  // Kind gone unless the path still leads to the very directories that are open (st_dev and st_ino).
  [[nodiscard]] Result<void> check_still_there(FileSystem& files) const;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Directory queue() const { return queue_; }
  [[nodiscard]] Directory staging() const { return staging_; }  // .tmp/
  // REQUIRES: the state's directory was opened (all by open(), pending and deferred by open_for_producer()).
  [[nodiscard]] Directory directory(State state) const;

  // "<queue>/pending", for messages and inotify.
  [[nodiscard]] std::string path_of(State state) const;

 private:
  enum class Owners { this_user_or_root, anybody_for_root };
  // Opens what it can; what is wrong is added to `problems`.
  [[nodiscard]] static QueueLayout open_all(FileSystem& files, const std::string& path, Owners owners,
                                            std::vector<Error>& problems);

  std::string path_;
  Directory queue_;
  Directory staging_;
  std::array<Directory, all_states.size()> states_{};
};

}  // namespace spoold
