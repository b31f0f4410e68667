#include "store/producer.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/size.hpp"
#include "entry/entry_format.hpp"

namespace spoold {

namespace {

constexpr int tries_max = 100;

// The daemon must be able to read what it did not write itself. In a group's queue the group may; in another
// user's (root enqueues) the directories, 0700, keep out everybody but him.
mode_t mode_of_entries(FileSystem& files, const QueueLayout& layout) {
  const Result<FileStatus> pending = files.status(layout.directory(State::pending));
  if (!pending) return 0600;
  if ((pending->mode & 0020U) != 0) return 0640;
  return pending->owner == ::geteuid() ? 0600 : 0644;
}

}  // namespace

Producer::Producer(FileSystem& files, const QueueLayout& layout, Sequence& sequence, const Clock& clock,
                   ProducerOptions options)
    : files_(files),
      layout_(layout),
      sequence_(sequence),
      clock_(clock),
      options_(options),
      staging_(layout.staging()),
      mode_(mode_of_entries(files, layout)) {}

Result<Producer::Enqueued> Producer::enqueue(Entry entry) {
  SPOOLD_TRY(check_room(1, 1));
  Staged staged = prepare(std::move(entry));
  SPOOLD_TRY(write(staged));
  SPOOLD_TRY(publish(staged));
  SPOOLD_TRY(sync(staged.place.state));
  return std::move(staged.place);
}

Producer::Bulk Producer::enqueue_all(std::vector<Entry> entries) {
  Bulk bulk;
  bulk.result = check_room(entries.size(), entries.size());
  if (!bulk.result) return bulk;
  std::vector<Staged> staged;
  bulk.result = stage_all(std::move(entries), staged);
  if (!bulk.result) {
    for (const Staged& one : staged) discard(one);
    return bulk;
  }
  publish_all(staged, bulk);
  return bulk;
}

// Side by side: a disk that waits for its journal takes several at once in the time of one. On an error
// `staged` holds what is to be removed.
Result<void> Producer::stage_all(std::vector<Entry> entries, std::vector<Staged>& staged) {
  std::vector<NewFile> files;
  std::vector<Staged> numbered;
  for (Entry& entry : entries) {
    numbered.push_back(prepare(std::move(entry)));
    auto bytes = number(numbered.back());
    if (!bytes) return bytes.error();
    files.push_back({numbered.back().place.file_name, std::move(*bytes)});
  }
  const std::vector<Result<void>> written = files_.write_all_new(staging_, files, mode_);
  Result<void> all;
  for (std::size_t i = 0; i < numbered.size(); ++i) {
    Result<void> one = written[i];
    // A name that is taken, or another .tmp/ meanwhile: what a single one is written anew for.
    const bool again =
        !one && (one.error().kind == ErrorKind::exists || one.error().kind == ErrorKind::not_found);
    if (again && all) one = write(numbered[i]);
    if (one) {
      staged.push_back(std::move(numbered[i]));
    } else if (all) {
      all = std::move(one);
    }
  }
  return all;
}

void Producer::publish_all(std::vector<Staged>& staged, Bulk& bulk) {
  std::array<bool, all_states.size()> touched{};
  for (Staged& one : staged) {
    if (!bulk.result) {
      discard(one);
      continue;
    }
    bulk.result = publish(one);
    if (!bulk.result) continue;
    touched[static_cast<std::size_t>(one.place.state)] = true;
    bulk.enqueued.push_back(std::move(one.place));
  }
  // What is visible is made durable, also where the rest failed. Not to know is the graver news.
  for (const State state : {State::pending, State::deferred}) {
    if (!touched[static_cast<std::size_t>(state)]) continue;
    if (Result<void> synced = sync(state); !synced) bulk.result = std::move(synced);
  }
}

Result<Producer::StagedBundle> Producer::stage_bundle(std::string_view text, std::uint32_t lines,
                                                      int priority) {
  for (int tries = 0;; ++tries) {
    StagedBundle staged;
    staged.name.priority = priority;
    staged.name.seq = sequence_.next(std::uint64_t{lines} + 1);
    staged.name.lines = lines;
    staged.file_name = format_entry_name(staged.name);
    Result<void> written = write_once(staged.file_name, text);
    if (written) return staged;
    if (written.error().kind != ErrorKind::exists || tries == tries_max) return std::move(written).error();
  }
}

// Its number is in its name alone, so a name that is taken costs no more than another number.
Result<void> Producer::publish_bundles(std::vector<StagedBundle>& staged, std::size_t& shown) {
  Result<void> result;
  shown = 0;
  for (StagedBundle& bundle : staged) {
    const std::string aside = bundle.file_name;
    for (int tries = 0; result; ++tries) {
      Result<void> moved = rename_once(aside, State::pending, bundle.file_name);
      if (moved) {
        ++shown;
        break;
      }
      if (moved.error().kind != ErrorKind::exists || tries == tries_max) {
        result = std::move(moved);
        break;
      }
      bundle.name.seq = sequence_.next(std::uint64_t{bundle.name.lines} + 1);
      bundle.file_name = format_entry_name(bundle.name);
    }
    if (!result) static_cast<void>(files_.remove(staging_, aside));
  }
  // What is visible is made durable, also where the rest failed. Not to know is the graver news.
  if (shown == 0) return result;
  const auto end = staged.begin() + static_cast<std::ptrdiff_t>(shown);
  std::string advice = advice_for({staged.begin(), end});
  if (!result) advice += "; the rest is not enqueued (" + result.error().message() + ")";
  Result<void> synced = sync(State::pending, advice);
  return synced ? result : synced;
}

void Producer::discard(const StagedBundle& staged) {
  static_cast<void>(files_.remove(staging_, staged.file_name));
}

// Before anything is written: the limits of the queue, asked once a call.
Result<void> Producer::check_room(std::uint64_t entries, std::uint64_t files) {
  if (options_.free_bytes_min > 0) {
    const Result<FreeSpace> space = files_.free_space(layout_.queue());
    if (!space) return space.error();
    if (space->bytes < options_.free_bytes_min) {
      return Error{ErrorKind::no_space, "only " + format_size(space->bytes) + " are free under " +
                                            layout_.path() + "; " + format_size(options_.free_bytes_min) +
                                            " are kept free (queue.min_free_bytes)"};
    }
    if (space->inodes < files) {
      return Error{ErrorKind::no_space, "the file system of " + layout_.path() + " has only " +
                                            std::to_string(space->inodes) + " inodes left for new files"};
    }
  }
  if (options_.pending_max == 0) return {};
  std::uint64_t waiting = 0;
  SPOOLD_TRY(files_.list(layout_.directory(State::pending), [&](std::string_view name) {
    if (is_entry_file_name(name)) waiting += entries_in(name);
    return waiting < options_.pending_max;
  }));
  if (waiting + entries <= options_.pending_max) return {};
  return Error{ErrorKind::busy, "the queue is full: " + std::to_string(options_.pending_max) +
                                    (options_.pending_max == 1 ? " entry" : " entries") +
                                    " may wait (queue.max_pending); try later"};
}

Producer::Staged Producer::prepare(Entry entry) const {
  ensure(!entry.operation.empty(), "an entry is checked before it is enqueued");
  const WallTime now = clock_.wall_now();
  entry.priority = entry.priority.value_or(priority_default);
  entry.document["priority"] = *entry.priority;
  if (!entry.document.contains("created_at")) entry.document["created_at"] = format_rfc3339(now);
  Staged staged;
  staged.place.state = entry.not_before && *entry.not_before > now ? State::deferred : State::pending;
  staged.entry = std::move(entry);
  return staged;
}

// Gives the entry a number of its own; returns its text.
Result<std::string> Producer::number(Staged& staged) {
  EntryName name{.priority = *staged.entry.priority, .seq = sequence_.next(), .label = {}, .due_ms = {}};
  if (staged.place.state == State::deferred) name.due_ms = due_ms_of(*staged.entry.not_before);
  staged.place.seq = name.seq;
  staged.place.file_name = format_entry_name(name);
  staged.entry.document["seq"] = format_id(name.seq);
  std::string bytes = format_entry(staged.entry);
  if (bytes.size() <= options_.entry_bytes_max) return bytes;
  return Error{ErrorKind::invalid, "the entry is too large: " + std::to_string(bytes.size()) +
                                       " bytes, the limit is " + std::to_string(options_.entry_bytes_max) +
                                       " (queue.max_entry_bytes)"};
}

// Writes the entry aside, whole, to be durable before any name of it.
Result<void> Producer::write(Staged& staged) {
  for (int tries = 0;; ++tries) {
    const Result<std::string> bytes = number(staged);
    if (!bytes) return bytes.error();
    Result<void> written = write_once(staged.place.file_name, *bytes);
    if (written || written.error().kind != ErrorKind::exists || tries == tries_max) return written;
  }
}

Result<void> Producer::write_once(const std::string& name, std::string_view bytes) {
  Result<void> written = files_.write_new(staging_, name, bytes, mode_, Durability::before_names);
  if (written || !open_staging_again(written.error())) return written;
  return files_.write_new(staging_, name, bytes, mode_, Durability::before_names);
}

// Where .tmp/ was renewed meanwhile, what lay in the old one lies in the new.
Result<void> Producer::rename_once(const std::string& staged, State state, const std::string& name) {
  const Directory to = layout_.directory(state);
  Result<void> moved = files_.rename_new(staging_, staged, to, name);
  if (moved || !open_staging_again(moved.error())) return moved;
  return files_.rename_new(staging_, staged, to, name);
}

// True where a name was not found because .tmp/ is another directory now (store/staging_renewal.hpp).
bool Producer::open_staging_again(const Error& error) {
  if (error.kind != ErrorKind::not_found) return false;
  const Result<Directory> now = files_.open_directory(layout_.queue(), ".tmp");
  if (!now) return false;
  const Result<FileStatus> before = files_.status(staging_);
  const Result<FileStatus> after = files_.status(*now);
  if (before && after && before->inode == after->inode) return false;
  staging_ = *now;
  return true;
}

// Gives the staged file its name. Taken, which only happens where .seq was lost or somebody made up a number:
// the number is also in the file, so that is written anew.
Result<void> Producer::publish(Staged& staged) {
  for (int tries = 0;; ++tries) {
    const std::string& name = staged.place.file_name;
    Result<void> moved = rename_once(name, staged.place.state, name);
    if (moved) return moved;
    discard(staged);
    if (moved.error().kind != ErrorKind::exists || tries == tries_max) return moved;
    SPOOLD_TRY(write(staged));
  }
}

// Should this fail too, the daemon removes it after 36 hours; the error that led here is the one to tell.
void Producer::discard(const Staged& staged) {
  static_cast<void>(files_.remove(staging_, staged.place.file_name));
}

Result<void> Producer::sync(State state) {
  return sync(state,
              "the entry is in " + layout_.path_of(state) +
                  ", but a power cut may still take it back; to be sure, enqueue it again with the same key");
}

Result<void> Producer::sync(State state, const std::string& advice) {
  if (!options_.sync_directory) return {};
  Result<void> synced = files_.sync_directory(layout_.directory(state));
  if (synced) return synced;
  Error error = std::move(synced).error();
  error.context = advice + ": " + error.context;
  return error;
}

// Lines without a key are other entries under other ids when they are enqueued again.
std::string Producer::advice_for(const std::vector<StagedBundle>& shown) const {
  std::uint64_t entries = 0;
  for (const StagedBundle& bundle : shown) entries += bundle.name.lines;
  std::string what = "bundle " + format_id(shown.front().name.seq);
  if (shown.size() > 1) what = std::to_string(shown.size()) + " bundles, the first of them " + what + ",";
  return what + " with " + std::to_string(entries) + (entries == 1 ? " entry " : " entries ") +
         (shown.size() == 1 ? "is in " : "are in ") + layout_.path_of(State::pending) +
         ", but a power cut may still take them back; enqueue them again only if every line has a key of its "
         "own, "
         "else they may run twice";
}

}  // namespace spoold
