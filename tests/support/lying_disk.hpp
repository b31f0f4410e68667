#pragma once

#include <map>
#include <string>
#include <vector>

#include "os/clock.hpp"
#include "os/file_system.hpp"
#include "os/unique_fd.hpp"
#include "support/directory_journal.hpp"
#include "support/fault_file_system.hpp"
#include "support/temp_directory.hpp"

namespace spoold::test {

// A disk in memory with one queue on it, that keeps apart what is seen and what is durable; that fails, and
// whose process dies or power is cut, at any call.
//
// Calls are counted as a kernel would: a write_new() is "open", "write" (twice, as short writes are),
// "fsync" (or "sync_file_range"), "close", and "unlink" where it fails; a read() is "open", "read"; a list()
// "open", "readdir"; the others "rename", "unlink", "fsync", "stat", "statfs"; an append() is as a
// write_new(), but removes nothing, a truncate() "truncate", "fsync". Opening and making directories is not
// counted.
//
// Two things go past this seam to the real disk. `.seq` is mapped: the queue's own directory has a real
// descriptor, of a directory with nothing in it but `.seq`, which nothing ever syncs: a test sets it back
// with a power cut. `.lock` is the kernel's and dies with its process, so one process at a time is all there
// is to model.
class LyingDisk final : public FileSystem {
 public:
  // The clock stamps the files. Makes the directories, as `spoolctl init` leaves them.
  LyingDisk(const Clock& clock, NameOrder order);
  [[nodiscard]] const std::string& path() const { return root_.path(); }

  enum class Times { once, onwards };
  enum class Moment { before, after };
  // The n-th call from now (from 1) fails, and, `onwards`, all that follow. With a name, only such calls.
  void fail(std::size_t nth, int number, Times times = Times::once, const std::string& call = "");
  // The process ends before or after its n-th call: throws Crash, as does every call after that.
  void die(std::size_t nth, Moment moment);
  // From now on each call fails with this errno, with the chance of one in `one_in`.
  void fail_at_random(Choose choose, std::size_t one_in, std::vector<int> numbers);
  // The process dies at a call, each with the chance of one in `one_in`.
  void die_at_random(Choose choose, std::size_t one_in);
  void heal();                      // no more faults; counts from zero
  void revive() { dead_ = false; }  // another process goes on where one died; the faults stay

  // Called for each name that appears, as a watch would tell it.
  std::function<void(const std::string& directory, const std::string& name)> appeared;

  [[nodiscard]] bool struck() const { return struck_; }
  [[nodiscard]] const std::vector<std::string>& calls() const { return calls_; }
  [[nodiscard]] std::uint64_t calls_ever() const { return calls_ever_; }

  // The power goes and comes back. Ends all faults.
  void cut_power(const Choose& choose);
  // `.seq` holds what it held at an earlier call of this, or zero, or is gone. The worst is zero.
  // REQUIRES: nobody has it mapped.
  void set_back_sequence(const Choose& choose);
  void clear_sequence();
  // Durability::before_names is served by writing out: what PosixFileSystem does where it believes that the
  // journal keeps the order. So from the start over NameOrder::journal, and nowhere else, where it is wrong.
  void believe_in_journal(bool believe) { journal_believed_ = believe; }
  void believe_later_syncs() { journal_.believe_later_syncs(); }
  void write_back(const Choose& choose) { journal_.write_back(choose); }
  [[nodiscard]] std::size_t not_durable() const { return journal_.not_durable(); }

  // Somebody else's doing; no calls of the process under test, and never failing. `directory`: "pending".
  void put(const std::string& directory, const std::string& name, std::string bytes, WallTime modified,
           bool durable);
  bool move(const std::string& from, const std::string& name, const std::string& to,
            const std::string& to_name);
  [[nodiscard]] std::vector<std::string> names(const std::string& directory) const;  // sorted
  [[nodiscard]] std::string bytes(const std::string& directory, const std::string& name) const;

  Result<Directory> open_directory(const std::string& path) override;
  Result<Directory> open_directory(Directory parent, const std::string& name) override;
  Result<void> make_directory(Directory parent, const std::string& name, mode_t mode) override;
  Result<FileStatus> status(Directory directory) override;
  Result<FileStatus> status(Directory directory, const std::string& name) override;
  Result<FileStatus> status(const std::string& path) override;
  Result<void> list(Directory directory, const std::function<bool(std::string_view name)>& visit) override;
  Result<FileContent> read(Directory directory, const std::string& name, std::uint64_t bytes_max) override;
  Result<bool> is_open_for_writing(Directory directory, const std::string& name) override;
  Result<void> write_new(Directory directory, const std::string& name, std::string_view bytes, mode_t mode,
                         Durability durability) override;
  Result<void> append(Directory directory, const std::string& name, std::string_view bytes,
                      mode_t mode_if_made) override;
  Result<void> truncate(Directory directory, const std::string& name, std::uint64_t size) override;
  Result<void> rename_new(Directory from, const std::string& from_name, Directory to,
                          const std::string& to_name) override;
  Result<void> rename_over(Directory from, const std::string& from_name, Directory to,
                           const std::string& to_name) override;
  Result<void> remove(Directory directory, const std::string& name) override;
  Result<void> sync_directory(Directory directory) override;
  Result<FreeSpace> free_space(Directory directory) override;

 private:
  struct Plan {
    enum class What { nothing, fail, die } what = What::nothing;
    std::string call;
    std::size_t nth = 0;
    int number = 0;
    Times times = Times::once;
    Moment moment = Moment::before;
  };
  [[nodiscard]] int meet(const std::string& call);  // the errno to fail with, or 0
  [[nodiscard]] int meet_at_random();
  void done();  // after the call that meet() let through
  [[noreturn]] void end_process();

  [[nodiscard]] int real_archive();  // a descriptor, since the lock in it is the kernel's, as the queue's is
  [[nodiscard]] int number_of(Directory directory) const;
  [[nodiscard]] int number_of(const std::string& directory) const;
  [[nodiscard]] DirectoryJournal::File find(Directory directory, const std::string& name) const;
  [[nodiscard]] FileStatus status_of(const DiskFile& file) const;
  [[nodiscard]] FileStatus status_of(int directory) const;
  void touch(int directory);
  void tell_of(const DiskName& name) const;
  [[nodiscard]] WallTime stamp() const;  // the time, as coarse as file systems keep it
  [[nodiscard]] int write_bytes(const DirectoryJournal::File& file, std::string_view bytes,
                                Durability durability);
  [[nodiscard]] Result<void> rename(Directory from, const std::string& from_name, Directory to,
                                    const std::string& to_name, bool replace);

  // Handles of directories that are only in memory: no descriptor is ever as high.
  static constexpr int first_handle = 1'000'000'000;

  const Clock& clock_;
  TempDirectory root_;
  int root_fd_ = -1;
  UniqueFd archive_;
  DirectoryJournal journal_;
  bool journal_believed_ = false;
  std::vector<std::string> directories_;  // by number; 0 is the queue's own
  std::vector<WallTime> changed_;         // by number
  std::uint64_t inodes_ = 1000;
  std::vector<std::string> sequences_;  // what .seq held at earlier cuts

  Plan plan_;
  std::size_t met_ = 0;
  bool at_the_call_ = false;
  bool struck_ = false;
  bool dead_ = false;
  std::vector<std::string> calls_;
  std::uint64_t calls_ever_ = 0;
  Choose random_;
  std::size_t fails_one_in_ = 0;
  std::size_t dies_one_in_ = 0;
  bool dies_after_ = false;
  std::vector<int> numbers_;

 public:
  ~LyingDisk() override;
  LyingDisk(const LyingDisk&) = delete;
  LyingDisk& operator=(const LyingDisk&) = delete;
};

}  // namespace spoold::test
