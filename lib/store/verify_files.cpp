#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "entry/bundle.hpp"
#include "os/directory_swap.hpp"
#include "store/placing.hpp"
#include "store/verify.hpp"

namespace spoold {

namespace {

constexpr std::string_view swap_prefix = "swapped-";
constexpr mode_t reason_mode = 0600;
constexpr std::uint64_t bundle_bytes_max = 512ULL * 1024 * 1024;

// An id and where it lies, small: there may be a million of them.
struct Seen {
  std::uint64_t seq = 0;
  State state = State::pending;

  friend bool operator<(const Seen& a, const Seen& b) { return a.seq < b.seq; }
};

// Of two entries with one id the one that is further on is kept.
int how_far(State state) {
  switch (state) {
    case State::processing:
      return 6;
    case State::completed:
      return 5;
    case State::failed:
      return 4;
    case State::cancelled:
      return 3;
    case State::deferred:
      return 2;
    case State::pending:
      return 1;
    case State::corrupt:
      return 0;
  }
  return 0;
}

std::string in(State state, std::string_view name) {
  return std::string(to_string(state)) + "/" + printable(name);
}

// What a mend works with: it outlives the check.
struct Tools {
  FileSystem& files;
  const QueueLayout& layout;
  Sequence& sequence;
};

class FileCheck {
 public:
  FileCheck(FileSystem& files, const QueueLayout& layout, Sequence& sequence, const Clock& clock,
            const VerifyOptions& options)
      : files_(files), layout_(layout), queue_{files, layout, sequence}, clock_(clock), options_(options) {}

  Result<std::vector<Finding>> run() {
    const auto directory = files_.status(layout_.queue());
    if (!directory) return directory.error();
    owner_ = directory->owner;
    SPOOLD_TRY(look_into_staging());
    for (const State state : all_states) SPOOLD_TRY(look_into(state));
    SPOOLD_TRY(find_duplicates());
    SPOOLD_TRY(find_lines_twice());
    for (const State state : all_states) SPOOLD_TRY(find_swelling(state));
    return std::move(findings_);
  }

 private:
  void add(const char* kind, const std::string& place, const std::string& problem, const std::string& remedy,
           std::function<Result<void>()> mend) {
    findings_.push_back({kind, place, problem, remedy, std::move(mend)});
  }

  // To corrupt/, where a person finds it with the reason beside it.
  [[nodiscard]] std::function<Result<void>()> aside(State state, const std::string& name,
                                                    const std::string& reason) {
    return [queue = queue_, state, name, reason]() -> Result<void> {
      const auto placed =
          put_aside(queue.files, queue.layout, state, name, name, reason, reason_mode, queue.sequence);
      if (!placed) return placed.error();
      return {};
    };
  }

  [[nodiscard]] std::function<Result<void>()> moved(State from, const std::string& name, State to,
                                                    const std::string& wanted) {
    return [&files = files_, &layout = layout_, from, name, to, wanted]() -> Result<void> {
      const auto placed = place(files, layout, from, name, to, wanted);
      if (!placed) return placed.error();
      return files.sync_directory(layout.directory(to));
    };
  }

  Result<void> look_into(State state) {
    return files_.list(layout_.directory(state), [&](std::string_view name) {
      if (name.starts_with('.')) return true;
      if (state == State::corrupt) {
        look_at_corrupt(name);
      } else if (is_entry_file_name(name)) {
        look_at_entry(state, std::string(name));
      } else {
        add("stray", in(state, name), "its name is no entry's: it ends neither in .json nor in .jsonl",
            "move it to corrupt/",
            aside(state, std::string(name), "not an entry: its name ends neither in .json nor in .jsonl"));
      }
      return true;
    });
  }

  void look_at_corrupt(std::string_view name) {
    if (!is_reason(name)) return;
    const std::string explained(name.substr(0, name.size() - reason_name("").size()));
    const auto status = files_.status(layout_.directory(State::corrupt), explained);
    if (status || status.error().kind != ErrorKind::not_found) return;
    add("leftover", in(State::corrupt, name), "it gives the reason of a file that is not there", "remove it",
        [queue = queue_, name = std::string(name)] {
          return queue.files.remove(queue.layout.directory(State::corrupt), name);
        });
  }

  void look_at_entry(State state, const std::string& file_name) {
    const auto status = files_.status(layout_.directory(state), file_name);
    if (!status) return;  // moved on meanwhile
    const auto name = parse_entry_name(file_name);
    if (name) seen_.push_back({name->seq, state});
    if (name && name->is_bundle() && state != State::processing)
      bundles_.push_back({*name, state, file_name});
    // In pending/ the daemon judges all this itself, at the claim.
    if (state != State::pending) {
      if (status->type != FileType::regular || status->links != 1) {
        const char* const what =
            status->type != FileType::regular ? "it is no regular file" : "it has a second name";
        add("type", in(state, file_name), what, "move it to corrupt/", aside(state, file_name, what));
        return;
      }
      look_at_rights(state, file_name, *status);
      look_at_name(state, file_name, name);
    }
    if (state == State::processing && !options_.daemon_running) {
      add("orphan", in(state, file_name), "the daemon that had it has died",
          "bring it back, as the next daemon will", options_.recover);
    }
  }

  void look_at_rights(State state, const std::string& file_name, const FileStatus& status) {
    const bool producers_own = state == State::deferred;
    if (!producers_own && status.owner != owner_ && status.owner != 0) {
      add("owner", in(state, file_name),
          "it belongs to uid " + std::to_string(status.owner) + ", the queue to uid " +
              std::to_string(owner_),
          "give it to uid " + std::to_string(owner_),
          [directory = layout_.directory(state).handle, file_name, owner = owner_]() -> Result<void> {
            if (::fchownat(directory, file_name.c_str(), owner, static_cast<gid_t>(-1),
                           AT_SYMLINK_NOFOLLOW) == 0)
              return {};
            return system_error(errno, "change the owner of", file_name);
          });
    }
    if ((status.mode & 0022U) == 0) return;
    add("mode", in(state, file_name), "others may write it", "chmod go-w",
        [directory = layout_.directory(state).handle, file_name,
         mode = static_cast<mode_t>(status.mode & 07755U)]() -> Result<void> {
          if (::fchmodat(directory, file_name.c_str(), mode, 0) == 0) return {};
          return system_error(errno, "set the mode of", file_name);
        });
  }

  void look_at_name(State state, const std::string& file_name, const std::optional<EntryName>& name) {
    if (state == State::deferred) {
      if (name && name->due_ms) return;
      add("name", in(state, file_name), "its name tells no time at which it is due", "move it to pending/",
          moved(state, file_name, State::pending, file_name));
    } else if (!name) {
      EntryName ours;
      if (is_bundle_file_name(file_name)) {
        add("name", in(state, file_name), "it is a bundle without a name of the queue's own",
            "move it to corrupt/", aside(state, file_name, "a bundle without a name of the queue's own"));
        return;
      }
      ours.priority = leading_priority(file_name).value_or(priority_default);
      ours.label = make_label(file_name);
      add("name", in(state, file_name), "it has no name of the queue's own",
          "give it one, with this as its label", [queue = queue_, state, file_name, ours]() -> Result<void> {
            EntryName fresh = ours;
            fresh.seq = queue.sequence.next();
            const auto placed =
                place(queue.files, queue.layout, state, file_name, state, format_entry_name(fresh));
            if (!placed) return placed.error();
            return queue.files.sync_directory(queue.layout.directory(state));
          });
    } else if (name->due_ms) {
      EntryName plain = *name;
      plain.due_ms.reset();
      add("name", in(state, file_name), "it is called by a time at which it is due, which means nothing here",
          "take that out", moved(state, file_name, state, format_entry_name(plain)));
    }
  }

  Result<void> find_duplicates() {
    std::sort(seen_.begin(), seen_.end());
    std::vector<std::uint64_t> twice;
    for (std::size_t i = 1; i < seen_.size(); ++i) {
      if (seen_[i].seq == seen_[i - 1].seq && (twice.empty() || twice.back() != seen_[i].seq)) {
        twice.push_back(seen_[i].seq);
      }
    }
    if (twice.empty()) return {};
    return tell_duplicates(twice);
  }

  struct Copy {
    std::uint64_t seq = 0;
    State state = State::pending;
    std::string file_name;
  };

  // Looks again for these alone: an entry that was only moving has one place by now.
  Result<void> tell_duplicates(const std::vector<std::uint64_t>& twice) {
    std::vector<Copy> copies;
    for (const State state : all_states) {
      if (state == State::corrupt) continue;
      SPOOLD_TRY(files_.list(layout_.directory(state), [&](std::string_view file_name) {
        const auto name = parse_entry_name(file_name);
        if (name && std::binary_search(twice.begin(), twice.end(), name->seq)) {
          copies.push_back({name->seq, state, std::string(file_name)});
        }
        return true;
      }));
    }
    std::erase_if(copies, [&](const Copy& copy) {
      return !files_.status(layout_.directory(copy.state), copy.file_name).has_value();
    });
    std::stable_sort(copies.begin(), copies.end(), [](const Copy& a, const Copy& b) {
      return a.seq != b.seq ? a.seq < b.seq : how_far(a.state) > how_far(b.state);
    });
    for (std::size_t i = 1; i < copies.size(); ++i) {
      if (copies[i].seq != copies[i - 1].seq) continue;
      const auto first = std::find_if(copies.begin(), copies.end(),
                                      [&](const Copy& copy) { return copy.seq == copies[i].seq; });
      const std::string problem = "its id is also that of " + in(first->state, first->file_name);
      add("duplicate", in(copies[i].state, copies[i].file_name), problem, "move it to corrupt/",
          aside(copies[i].state, copies[i].file_name, "a duplicate: " + problem));
    }
    return {};
  }

  struct SeenBundle {
    EntryName name;
    State state = State::pending;
    std::string file_name;
  };

  // Lines that are entries of their own and in their bundle still. One that is being worked on may be about
  // to lose them; recovery sees to it.
  Result<void> find_lines_twice() {
    for (const SeenBundle& bundle : bundles_) {
      const std::vector<std::uint32_t> twice = lines_twice(bundle);
      if (twice.empty()) continue;
      add("duplicate", in(bundle.state, bundle.file_name),
          "its line " + std::to_string(twice.front()) +
              (twice.size() > 1 ? " and " + std::to_string(twice.size() - 1) + " more are" : " is") +
              " also an entry of its own (" + format_id(bundle.name.seq + twice.front()) + ")",
          "leave it out of the bundle", without(bundle, twice));
    }
    return {};
  }

  // In ascending order.
  std::vector<std::uint32_t> lines_twice(const SeenBundle& bundle) {
    std::vector<std::uint32_t> twice;
    auto alone = std::upper_bound(seen_.begin(), seen_.end(), Seen{bundle.name.seq, State::pending});
    if (alone == seen_.end() || alone->seq > bundle.name.last_seq()) return twice;
    const auto content = files_.read(layout_.directory(bundle.state), bundle.file_name, bundle_bytes_max);
    if (!content) return twice;  // moved on meanwhile
    BundleLines lines(content->bytes);
    while (const auto line = lines.next()) {
      const std::uint64_t id = bundle.name.seq + line->number;
      while (alone != seen_.end() && alone->seq < id) ++alone;
      if (alone == seen_.end() || id > bundle.name.last_seq()) break;
      if (alone->seq == id) twice.push_back(line->number);
    }
    return twice;
  }

  // Writes the bundle anew, as recovery does. No daemon runs that could claim the old one meanwhile.
  [[nodiscard]] std::function<Result<void>()> without(const SeenBundle& bundle,
                                                      const std::vector<std::uint32_t>& lines) {
    return [queue = queue_, bundle, lines]() -> Result<void> {
      const Directory directory = queue.layout.directory(bundle.state);
      const Directory staging = queue.layout.staging();
      const std::string temporary = "mended_" + bundle.file_name;
      const auto status = queue.files.status(directory, bundle.file_name);
      if (!status) return status.error();
      const auto content = queue.files.read(directory, bundle.file_name, bundle_bytes_max);
      if (!content) return content.error();
      static_cast<void>(queue.files.remove(staging, temporary));
      SPOOLD_TRY(queue.files.write_new(staging, temporary, without_lines(content->bytes, lines),
                                       status->mode & 07777U, Durability::before_names));
      auto replaced = queue.files.rename_over(staging, temporary, directory, bundle.file_name);
      if (!replaced) {
        static_cast<void>(queue.files.remove(staging, temporary));
        return replaced;
      }
      return queue.files.sync_directory(directory);
    };
  }

  Result<void> look_into_staging() {
    const WallTime oldest = clock_.wall_now() - options_.staging_age;
    return files_.list(layout_.staging(), [&](std::string_view name) {
      const auto status = files_.status(layout_.staging(), std::string(name));
      if (!status) return true;
      if (status->type == FileType::directory) {
        look_at_swap(std::string(name));
      } else if (status->modified < oldest) {
        add("leftover", ".tmp/" + printable(name), "whoever wrote it never finished", "remove it",
            [queue = queue_, name = std::string(name)] {
              return queue.files.remove(queue.layout.staging(), name);
            });
      }
      return true;
    });
  }

  void look_at_swap(const std::string& name) {
    const auto state =
        name.starts_with(swap_prefix) ? parse_state(name.substr(swap_prefix.size())) : std::nullopt;
    if (!state) {
      add("stray", ".tmp/" + printable(name), "directories have no business there", "remove it yourself", {});
      return;
    }
    add("leftover", ".tmp/" + name, "a repair of " + std::string(to_string(*state)) + "/ was cut short",
        "bring back what is in it", [queue = queue_, name, state = *state] {
          return finish_swap(queue.files, queue.layout.staging(), name, queue.layout.directory(state));
        });
  }

  Result<void> find_swelling(State state) {
    const auto status = files_.status(layout_.directory(state));
    if (!status) return status.error();
    if (status->size <= options_.swollen_bytes) return {};
    bool empty = true;
    SPOOLD_TRY(files_.list(layout_.directory(state), [&](std::string_view) {
      empty = false;
      return false;
    }));
    if (!empty) return {};
    const std::string name(to_string(state));
    add("swollen", name + "/", "it is empty and still " + std::to_string(status->size / 1024) + " KiB large",
        "put a fresh one in its place", [queue = queue_, name] {
          return swap_in_fresh_directory(queue.files, queue.layout.queue(), name, queue.layout.staging(),
                                         std::string(swap_prefix) + name);
        });
    return {};
  }

  FileSystem& files_;
  const QueueLayout& layout_;
  Tools queue_;
  const Clock& clock_;
  const VerifyOptions& options_;
  uid_t owner_ = 0;
  std::vector<Seen> seen_;
  std::vector<SeenBundle> bundles_;
  std::vector<Finding> findings_;
};

}  // namespace

Result<std::vector<Finding>> find_file_problems(FileSystem& files, const QueueLayout& layout,
                                                Sequence& sequence, const Clock& clock,
                                                const VerifyOptions& options) {
  return FileCheck(files, layout, sequence, clock, options).run();
}

}  // namespace spoold
