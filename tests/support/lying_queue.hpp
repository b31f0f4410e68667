#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/lying_disk.hpp"
#include "support/temp_queue.hpp"

namespace spoold::test {

// TempQueue on a LyingDisk: the same words.
class LyingQueue {
 public:
  explicit LyingQueue(NameOrder order = NameOrder::journal);
  LyingQueue(const LyingQueue&) = delete;
  LyingQueue& operator=(const LyingQueue&) = delete;

  std::string enqueue(const std::string& json = R"({"operation":"greet","sql":"SELECT 1"})");
  // Somebody's file, there for long as far as power cuts go.
  void drop(const std::string& name, const std::string& bytes,
            std::chrono::nanoseconds age = std::chrono::hours{1}, State state = State::pending);
  Claim claim(const std::string& file_name);
  [[nodiscard]] std::vector<std::string> names(State state) const;
  [[nodiscard]] std::vector<std::string> staged() const { return disk_.names(".tmp"); }
  [[nodiscard]] std::string read(State state, const std::string& name) const;

  // As a process that starts; faults end.
  void reopen();
  RecoveryReport recover(RecoveryOptions options = {});
  // The process is gone and the power too; it comes back, and a new process starts.
  void cut_power(const Choose& choose);

  [[nodiscard]] std::vector<std::string> audit() const;
  // How often each id is in the archive, in files whose names come after this one; they must be whole.
  [[nodiscard]] std::map<std::string, int> archive_ids(const std::string& after = "") const;

  LyingDisk& files() { return disk_; }
  ManualClock& clock() { return clock_; }
  QueueLayout& layout() { return *layout_; }
  Sequence& sequence() { return *sequence_; }
  DirectoryStore& store() { return *store_; }
  Producer& producer() { return *producer_; }

 private:
  void close();

  ManualClock clock_;
  LyingDisk disk_;
  std::optional<QueueLayout> layout_;
  std::optional<Sequence> sequence_;
  std::optional<DirectoryStore> store_;
  std::optional<Producer> producer_;
};

}  // namespace spoold::test
