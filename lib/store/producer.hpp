#pragma once

#include <string>
#include <vector>

#include "os/clock.hpp"
#include "store/sequence.hpp"
#include "store/store.hpp"

namespace spoold {

struct ProducerOptions {
  std::uint64_t entry_bytes_max = 1024 * 1024;
  std::uint64_t bundle_bytes_max = 16ULL * 1024 * 1024;
  std::uint32_t bundle_lines_max = 10'000;
  std::uint64_t pending_max = 0;                       // refuse (busy) with this many waiting; 0: no limit
  std::uint64_t free_bytes_min = 64ULL * 1024 * 1024;  // refuse (no_space) below
  bool sync_directory = true;  // --no-sync skips the directory's fsync, never the file's
};

// The producer's side of a queue: enqueue durably, without a daemon. Order of system calls in docs/queue.md.
// May be used from one thread; any number of producers, processes and threads, each with its own, may enqueue
// at once.
class Producer {
 public:
  // All must outlive the producer.
  Producer(FileSystem& files, const QueueLayout& layout, Sequence& sequence, const Clock& clock,
           ProducerOptions options);

  struct Enqueued {
    std::uint64_t seq = 0;
    State state = State::pending;  // deferred, where not_before lies in the future
    std::string file_name;
  };

  // Returns once the entry would survive a power cut. Errors: invalid (too large), busy (queue full),
  // no_space, ...: nothing is enqueued then; unknown: the entry is visible but its name may not be durable:
  // enqueue again with the same `key`.
  [[nodiscard]] Result<Enqueued> enqueue(Entry entry);

  // Several at once, one fsync per directory. All files first, then all names. On an error some of the first
  // entries may be enqueued already: they are in `enqueued`, durably unless the kind is unknown.
  struct Bulk {
    std::vector<Enqueued> enqueued;
    Result<void> result;
  };
  [[nodiscard]] Bulk enqueue_all(std::vector<Entry> entries);

  // A bundle, written aside and not yet seen.
  struct StagedBundle {
    EntryName name;
    std::string file_name;  // in .tmp/, and what it will be called in pending/
  };
  // Whether so many entries may be enqueued at all, as enqueue() asks it; `files` are still to be written.
  [[nodiscard]] Result<void> check_room(std::uint64_t entries, std::uint64_t files);
  // Writes a bundle aside, whole and synced. REQUIRES: each line is an entry and ends in a newline, and they
  // are within the limits.
  [[nodiscard]] Result<StagedBundle> stage_bundle(std::string_view text, std::uint32_t lines, int priority);
  // Gives staged bundles their names and makes those durable, with one fsync. On an error the first `shown`
  // of them are enqueued, durably unless the kind is unknown, and the rest is discarded.
  [[nodiscard]] Result<void> publish_bundles(std::vector<StagedBundle>& staged, std::size_t& shown);
  void discard(const StagedBundle& staged);

 private:
  struct Staged {  // written to .tmp/ under the name it will have
    Entry entry;
    Enqueued place;
  };
  [[nodiscard]] Staged prepare(Entry entry) const;
  [[nodiscard]] Result<std::string> number(Staged& staged);
  [[nodiscard]] Result<void> stage_all(std::vector<Entry> entries, std::vector<Staged>& staged);
  [[nodiscard]] Result<void> write(Staged& staged);
  [[nodiscard]] Result<void> write_once(const std::string& name, std::string_view bytes);
  [[nodiscard]] Result<void> rename_once(const std::string& staged, State state, const std::string& name);
  [[nodiscard]] bool open_staging_again(const Error& error);
  [[nodiscard]] Result<void> publish(Staged& staged);
  void publish_all(std::vector<Staged>& staged, Bulk& bulk);
  void discard(const Staged& staged);
  // `advice`: what is visible and to be done, should it fail.
  [[nodiscard]] Result<void> sync(State state, const std::string& advice);
  [[nodiscard]] Result<void> sync(State state);
  [[nodiscard]] std::string advice_for(const std::vector<StagedBundle>& shown) const;

  FileSystem& files_;
  const QueueLayout& layout_;
  Sequence& sequence_;
  const Clock& clock_;
  ProducerOptions options_;
  Directory staging_;
  mode_t mode_;  // of the entries' files
};

}  // namespace spoold
