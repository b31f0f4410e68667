#include "store/queue_layout.hpp"

#include <unistd.h>

#include <cstdio>

#include "os/clock.hpp"
#include "os/ownership.hpp"
#include "store/sequence.hpp"

namespace spoold {

namespace {

constexpr const char* staging_name = ".tmp";

std::string without_trailing_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string octal(mode_t mode) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode));
  return text.data();
}

// "a/b" -> "a" and "b"; "b" -> "." and "b"; "/b" -> "/" and "b".
struct SplitPath {
  std::string parent;
  std::string name;
};
SplitPath split(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {without_trailing_slashes(path.substr(0, slash + 1)), path.substr(slash + 1)};
}

// A directory above the queue may well be reached through a symlink, so the final "." takes O_NOFOLLOW's
// check.
Result<Directory> open_above(FileSystem& files, const std::string& path) {
  return files.open_directory(path + "/.");
}

// Opens `path`'s parent, making it (but not what is above it) if missing.
Result<Directory> open_or_make_parent(FileSystem& files, const std::string& path) {
  Result<Directory> parent = open_above(files, path);
  if (parent || parent.error().kind != ErrorKind::not_found) return parent;
  const SplitPath above = split(path);
  const Result<Directory> grandparent = open_above(files, above.parent);
  if (!grandparent) {
    return Error{grandparent.error().kind, "make " + path + ": its parent " + above.parent + " is not there",
                 grandparent.error().number};
  }
  SPOOLD_TRY(files.make_directory(*grandparent, above.name, 0755));
  SPOOLD_TRY(files.sync_directory(*grandparent));
  return open_above(files, path);
}

Result<Directory> open_or_make_queue(FileSystem& files, const std::string& path, mode_t mode) {
  Result<Directory> queue = files.open_directory(path);
  if (queue || queue.error().kind != ErrorKind::not_found) return queue;
  const SplitPath place = split(path);
  const Result<Directory> parent = open_or_make_parent(files, place.parent);
  if (!parent) return parent.error();
  SPOOLD_TRY(files.make_directory(*parent, place.name, mode));
  SPOOLD_TRY(give_to_owner_of(parent->handle, place.name));
  SPOOLD_TRY(files.sync_directory(*parent));
  return files.open_directory(path);
}

constexpr bool producers_write_to(State state) {
  return state == State::pending || state == State::deferred;
}

Result<void> check_group_may_enqueue(const FileStatus& status, const std::string& path, mode_t mode) {
  if ((status.mode & mode) == mode) return {};
  return Error{ErrorKind::invalid, path + " has mode " + octal(status.mode) +
                                       ", which keeps out the group that is to enqueue: chmod " +
                                       octal(mode) + " " + path};
}

// Makes a directory of the queue, or looks at the one that is there.
Result<void> complete(FileSystem& files, Directory queue, const std::string& path, const std::string& name,
                      mode_t mode, const QueueModes& modes) {
  const Result<void> made = files.make_directory(queue, name, mode);
  if (made) return give_to_owner_of(queue.handle, name);
  if (made.error().kind != ErrorKind::exists) return made;
  const Result<FileStatus> status = files.status(queue, name);
  if (!status) return status.error();
  if (status->type != FileType::directory) {
    return Error{ErrorKind::wrong_type, path + "/" + name + " is in the way: it is no directory; remove it"};
  }
  return modes.group_may_enqueue ? check_group_may_enqueue(*status, path + "/" + name, mode) : Result<void>{};
}

// Whoever reads this knows by what the queue was named; --queue alone would leave out its configuration.
constexpr const char* how_to_make =
    "'spoolctl init' makes it, given the same --config, --instance or --queue";

Error explain_open_failure(const Error& error, const std::string& path) {
  switch (error.kind) {
    case ErrorKind::not_found:
      return {error.kind, path + " is not there: " + how_to_make, 0};
    case ErrorKind::wrong_type:
      return {error.kind, path + " is no real directory (a symlink, or a file): remove it; " + how_to_make,
              0};
    default:
      return {error.kind, "open " + path, error.number};
  }
}

std::optional<Error> find_fault(const FileStatus& status, const std::string& path, std::uint64_t device,
                                bool any_owner) {
  const uid_t self = ::geteuid();
  if (status.device != device) {
    return Error{ErrorKind::invalid, path +
                                         " lies on another file system than its queue, so that nothing can "
                                         "be renamed into it: unmount what is mounted there"};
  }
  if (!any_owner && status.owner != self && status.owner != 0) {
    return Error{ErrorKind::no_permission, path + " belongs to uid " + std::to_string(status.owner) +
                                               ", neither to this user (uid " + std::to_string(self) +
                                               ") nor to root: chown it, or run as its owner"};
  }
  if ((status.mode & 0002U) != 0) {
    return Error{ErrorKind::no_permission,
                 path + " may be written by everybody (mode " + octal(status.mode) + "): chmod o-w " + path};
  }
  return std::nullopt;
}

Result<void> check_same(FileSystem& files, Directory open_one, const std::string& path) {
  const Result<FileStatus> held = files.status(open_one);
  if (!held) return held.error();
  const Result<FileStatus> found = files.status(path);
  if (found && found->device == held->device && found->inode == held->inode) return {};
  const bool absent =
      !found && (found.error().kind == ErrorKind::not_found || found.error().kind == ErrorKind::wrong_type);
  if (found || absent) {
    return Error{ErrorKind::gone,
                 path + (absent ? " is no longer there" : " is no longer the directory that was opened") +
                     ": the queue was moved, removed or replaced"};
  }
  return found.error();
}

}  // namespace

std::string_view to_string(State state) {
  switch (state) {
    case State::pending:
      return "pending";
    case State::processing:
      return "processing";
    case State::deferred:
      return "deferred";
    case State::completed:
      return "completed";
    case State::failed:
      return "failed";
    case State::cancelled:
      return "cancelled";
    case State::corrupt:
      return "corrupt";
  }
  return "pending";
}

std::optional<State> parse_state(std::string_view text) {
  for (const State state : all_states) {
    if (to_string(state) == text) return state;
  }
  return std::nullopt;
}

Result<void> QueueLayout::create(FileSystem& files, const std::string& path_given, const QueueModes& modes) {
  const std::string path = without_trailing_slashes(path_given);
  const mode_t own = modes.group_may_enqueue ? 02750 : 0700;
  const mode_t shared = modes.group_may_enqueue ? 02770 : 0700;

  const Result<Directory> queue = open_or_make_queue(files, path, own);
  if (!queue) return explain_open_failure(queue.error(), path);
  SPOOLD_TRY(complete(files, *queue, path, staging_name, shared, modes));
  for (const State state : all_states) {
    SPOOLD_TRY(complete(files, *queue, path, std::string(to_string(state)),
                        producers_write_to(state) ? shared : own, modes));
  }
  const SystemClock clock;
  SPOOLD_TRY(Sequence::open(*queue, clock, modes.group_may_enqueue ? 0660 : 0600));
  return files.sync_directory(*queue);
}

QueueLayout QueueLayout::open_all(FileSystem& files, const std::string& path_given, Owners owners,
                                  std::vector<Error>& problems) {
  QueueLayout layout;
  layout.path_ = without_trailing_slashes(path_given);
  const std::string& path = layout.path_;
  const bool any_owner = owners == Owners::anybody_for_root && ::geteuid() == 0;
  std::uint64_t device = 0;

  const auto check = [&](const std::string& place, Result<Directory> opened, Directory& into) {
    if (!opened) {
      problems.push_back(explain_open_failure(opened.error(), place));
      return false;
    }
    into = *opened;
    const Result<FileStatus> status = files.status(into);
    if (!status) {
      problems.push_back(status.error());
      return false;
    }
    if (place == path) device = status->device;
    if (auto fault = find_fault(*status, place, device, any_owner)) problems.push_back(std::move(*fault));
    return true;
  };

  if (!check(path, files.open_directory(path), layout.queue_)) return layout;
  check(path + "/" + staging_name, files.open_directory(layout.queue_, staging_name), layout.staging_);
  for (const State state : all_states) {
    check(layout.path_of(state), files.open_directory(layout.queue_, std::string(to_string(state))),
          layout.states_[static_cast<std::size_t>(state)]);
  }
  return layout;
}

Result<QueueLayout> QueueLayout::open(FileSystem& files, const std::string& path) {
  std::vector<Error> problems;
  QueueLayout layout = open_all(files, path, Owners::this_user_or_root, problems);
  if (!problems.empty()) return std::move(problems.front());
  return layout;
}

Result<QueueLayout> QueueLayout::open_for_operator(FileSystem& files, const std::string& path) {
  std::vector<Error> problems;
  QueueLayout layout = open_all(files, path, Owners::anybody_for_root, problems);
  if (!problems.empty()) return std::move(problems.front());
  return layout;
}

std::vector<Error> QueueLayout::find_problems(FileSystem& files, const std::string& path) {
  std::vector<Error> problems;
  const QueueLayout layout = open_all(files, path, Owners::anybody_for_root, problems);
  return problems;
}

Result<QueueLayout> QueueLayout::open_for_producer(FileSystem& files, const std::string& path_given) {
  QueueLayout layout;
  layout.path_ = without_trailing_slashes(path_given);
  const std::string& path = layout.path_;
  const auto queue = files.open_directory(path);
  if (!queue) return explain_open_failure(queue.error(), path);
  layout.queue_ = *queue;
  const auto staging = files.open_directory(*queue, staging_name);
  if (!staging) return explain_open_failure(staging.error(), path + "/" + staging_name);
  layout.staging_ = *staging;
  for (const State state : {State::pending, State::deferred}) {
    const auto opened = files.open_directory(*queue, std::string(to_string(state)));
    if (!opened) return explain_open_failure(opened.error(), layout.path_of(state));
    layout.states_[static_cast<std::size_t>(state)] = *opened;
  }
  return layout;
}

Result<void> QueueLayout::check_still_there(FileSystem& files) const {
  SPOOLD_TRY(check_same(files, queue_, path_));
  SPOOLD_TRY(check_same(files, staging_, path_ + "/" + staging_name));
  for (const State state : all_states) {
    const Directory open_one = states_[static_cast<std::size_t>(state)];
    if (open_one.handle < 0) continue;
    SPOOLD_TRY(check_same(files, open_one, path_of(state)));
  }
  return {};
}

Directory QueueLayout::directory(State state) const {
  const Directory open_one = states_[static_cast<std::size_t>(state)];
  ensure(open_one.handle >= 0, "the state's directory was opened");
  return open_one;
}

std::string QueueLayout::path_of(State state) const {
  return path_ + "/" + std::string(to_string(state));
}

}  // namespace spoold
