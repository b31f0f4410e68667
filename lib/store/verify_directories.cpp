#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "os/clock.hpp"
#include "store/verify.hpp"

namespace spoold {

namespace {

constexpr mode_t owner_all = 0700;
constexpr mode_t write_of_others = 0022;

std::string octal(mode_t mode) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode));
  return text.data();
}

bool producers_write_to(const std::string& name) {
  return name == to_string(State::pending) || name == to_string(State::deferred) || name == ".tmp";
}

class DirectoryCheck {
 public:
  DirectoryCheck(FileSystem& files, const std::string& path) : files_(files), path_(path) {}

  std::vector<Finding> run() {
    const auto queue = files_.status(path_);
    if (!queue || queue->type != FileType::directory) {
      add(path_, queue ? "it is no directory" : queue.error().message(), {}, "make it with 'spoolctl init'");
      return std::move(findings_);
    }
    const auto pending = files_.status(path_ + "/" + std::string(to_string(State::pending)));
    group_ = pending && (pending->mode & 0020U) != 0;
    owner_ = queue->owner;
    group_id_ = queue->group;
    look_at(path_, *queue, false);
    for (const State state : all_states) look_into(std::string(to_string(state)));
    look_into(".tmp");
    look_at_sequence();
    return std::move(findings_);
  }

 private:
  void add(const std::string& place, const std::string& problem, std::function<Result<void>()> mend,
           const std::string& remedy, const char* kind = "directory") {
    findings_.push_back({kind, place, problem, remedy, std::move(mend)});
  }

  void look_into(const std::string& name) {
    const std::string place = path_ + "/" + name;
    struct stat raw {};
    if (::lstat(place.c_str(), &raw) != 0) {
      add(place, errno == ENOENT ? "it is not there" : system_error(errno, "look at", place).message(),
          errno == ENOENT ? complete() : nullptr, "make it anew");
      return;
    }
    const auto status = files_.status(place);
    if (S_ISLNK(raw.st_mode) || !status || status->type != FileType::directory) {
      add(place, "it is no real directory but a symlink or a file", {},
          "remove it, then 'spoolctl --queue " + path_ + " init'");
      return;
    }
    look_at(place, *status, producers_write_to(name));
  }

  void look_at(const std::string& place, const FileStatus& status, bool shared) {
    if (status.owner != owner_) {
      const uid_t owner = owner_;
      const gid_t group = group_id_;
      add(
          place,
          "it belongs to uid " + std::to_string(status.owner) + ", the queue to uid " + std::to_string(owner),
          [place, owner, group]() -> Result<void> {
            if (::lchown(place.c_str(), owner, group) == 0) return {};
            return system_error(errno, "change the owner of", place);
          },
          "give it to uid " + std::to_string(owner));
    }
    const mode_t wanted = (group_ ? (shared ? 02770 : 02750) : 0700);
    const bool too_open = (status.mode & write_of_others & ~wanted) != 0;
    const bool too_closed =
        (status.mode & owner_all) != owner_all || (group_ && shared && (status.mode & wanted) != wanted);
    if (!too_open && !too_closed) return;
    add(
        place, "mode " + octal(status.mode) + (too_open ? " lets others write" : " keeps out who must write"),
        [place, wanted]() -> Result<void> {
          if (::chmod(place.c_str(), wanted) == 0) return {};
          return system_error(errno, "set the mode of", place);
        },
        "chmod " + octal(wanted));
  }

  void look_at_sequence() {
    const std::string place = path_ + "/" + sequence_name;
    const auto status = files_.status(place);
    if (!status && status.error().kind == ErrorKind::not_found) {
      add(place, "it is not there", complete(), "make it anew", "sequence");
    } else if (!status) {
      add(place, status.error().message(), {}, "look why", "sequence");
    } else if (status->type != FileType::regular || status->size != sizeof(std::uint64_t)) {
      add(place, "it is no file of 8 bytes", {},
          "stop all producers, remove it, then 'spoolctl --queue " + path_ + " init'", "sequence");
    }
  }

  [[nodiscard]] std::function<Result<void>()> complete() const {
    return [this_files = &files_, path = path_, modes = QueueModes{group_}] {
      return QueueLayout::create(*this_files, path, modes);
    };
  }

  FileSystem& files_;
  std::string path_;
  std::vector<Finding> findings_;
  bool group_ = false;
  uid_t owner_ = 0;
  gid_t group_id_ = 0;
};

}  // namespace

std::vector<Finding> find_directory_problems(FileSystem& files, const std::string& path) {
  return DirectoryCheck(files, path).run();
}

}  // namespace spoold
