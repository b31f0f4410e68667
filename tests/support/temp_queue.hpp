#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "os/posix_file_system.hpp"
#include "store/directory_store.hpp"
#include "store/producer.hpp"
#include "store/recovery.hpp"
#include "support/fault_file_system.hpp"
#include "support/print_result.hpp"
#include "support/temp_directory.hpp"

namespace spoold::test {

// A clock that stands still until it is moved. Starts an hour ahead of the real one, so that what a test just
// wrote is old to the store.
class ManualClock final : public Clock {
 public:
  ManualClock();
  [[nodiscard]] WallTime wall_now() const override { return wall_; }
  [[nodiscard]] MonotonicTime monotonic_now() const override { return monotonic_; }
  void advance(std::chrono::nanoseconds by);
  void set_wall(WallTime wall) { wall_ = wall; }

 private:
  WallTime wall_;
  MonotonicTime monotonic_;
};

// A queue of its own, with everything that a producer and a daemon have open on it. Its verbs throw
// std::runtime_error where what they arrange does not work.
class TempQueue {
 public:
  // Where syncs are real it lies in memory, so that nobody waits for them.
  using Syncs = FaultFileSystem::Syncs;
  explicit TempQueue(StoreOptions options = {}, ProducerOptions producer_options = quick(),
                     Syncs syncs = Syncs::skipped);
  // No limit on free space, so that tests run on full machines.
  [[nodiscard]] static ProducerOptions quick();

  // Through the producer. Returns the name in pending/ or deferred/.
  std::string enqueue(const std::string& json = R"({"operation":"greet","sql":"SELECT 1"})");
  // Somebody's file, written in place into a state's directory, with a modification time `age` ago.
  void drop(const std::string& name, const std::string& bytes,
            std::chrono::nanoseconds age = std::chrono::hours{1}, State state = State::pending) const;
  // A claim that must succeed.
  Claim claim(const std::string& file_name);
  // All names in a directory, sorted.
  [[nodiscard]] std::vector<std::string> names(State state) const;
  [[nodiscard]] std::vector<std::string> staged() const;
  [[nodiscard]] std::string read(State state, const std::string& name) const;
  [[nodiscard]] std::string path_of(State state, const std::string& name) const;

  // As a process that starts: everything is closed and opened anew. Faults end. The queue is not recovered.
  void reopen();
  RecoveryReport recover(RecoveryOptions options = {});

  // What is wrong with the queue, one line each: an id in two places, a file of ours that is not whole.
  [[nodiscard]] std::vector<std::string> audit() const;
  // The one state that holds the entry of this id; nothing if there is none. Two: throws.
  [[nodiscard]] std::optional<State> state_of(std::uint64_t seq) const;

  [[nodiscard]] const std::string& path() const { return path_; }
  FaultFileSystem& files() { return *faults_; }
  ManualClock& clock() { return clock_; }
  QueueLayout& layout() { return *layout_; }
  Sequence& sequence() { return *sequence_; }
  DirectoryStore& store() { return *store_; }
  Producer& producer() { return *producer_; }

 private:
  TempDirectory directory_;
  std::string path_;
  StoreOptions options_;
  ProducerOptions producer_options_;
  Syncs syncs_;
  ManualClock clock_;
  std::optional<PosixFileSystem> posix_;
  std::optional<FaultFileSystem> faults_;
  std::optional<QueueLayout> layout_;
  std::optional<Sequence> sequence_;
  std::optional<DirectoryStore> store_;
  std::optional<Producer> producer_;
};

// What is wrong with a queue whose names and files are told like this; as TempQueue::audit.
[[nodiscard]] std::vector<std::string> audit_states(
    const std::function<std::vector<std::string>(State)>& names,
    const std::function<std::string(State, const std::string& name)>& read);

// The id in a name of ours; a name that is none of ours throws.
[[nodiscard]] std::uint64_t seq_of(const std::string& file_name);

// Parses an entry that must be one.
[[nodiscard]] Entry entry_of(const std::string& json);

}  // namespace spoold::test
