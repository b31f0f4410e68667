#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "os/file_system.hpp"

namespace spoold::test {

// The process is killed here: nothing of it may run any more. Thrown through the code under test.
struct Crash {};

// A disk that fails, and a process that dies, at a chosen call. (For power cuts: LyingDisk.)
//
// Passes every call on to another FileSystem and counts them (opening and making directories apart, which
// belong to the start), so that a test can try N = 1, 2, 3, ... until nothing happened any more. After a
// Crash every further call throws again, until heal().
class FaultFileSystem final : public FileSystem {
 public:
  // Syncs are skipped, which no test of a running system can see, or carried out.
  enum class Syncs { skipped, real };
  explicit FaultFileSystem(FileSystem& inner, Syncs syncs = Syncs::skipped) : inner_(inner), syncs_(syncs) {}

  enum class Times { once, onwards };
  // The n-th call from now (counted from 1) fails with this errno, and, `onwards`, all that follow.
  void fail(std::size_t nth, int number, Times times = Times::once);
  // The same for calls of one kind only ("sync_directory"), counted among themselves.
  void fail(const std::string& call, std::size_t nth, int number, Times times = Times::once);

  // `within`: a file is half written or half appended to, and not synced; other calls are indivisible, so it
  // is `before` for them.
  enum class Moment { before, within, after };
  void crash(std::size_t nth, Moment moment);

  // No more faults; counts from zero.
  void heal();

  // True once a fault was met.
  [[nodiscard]] bool struck() const { return struck_; }
  // "rename_new", "read", ... since the last heal().
  [[nodiscard]] const std::vector<std::string>& calls() const { return calls_; }

  // So many inodes are free, as free_space() tells it.
  std::optional<std::uint64_t> free_inodes;

  // Called before each call is passed on: lets a test act as somebody else who meddles at that moment.
  std::function<void(const std::string& call)> before_call;

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
    enum class What { nothing, fail, crash } what = What::nothing;
    std::string call;  // only these; empty: any
    std::size_t nth = 0;
    std::size_t met = 0;
    int number = 0;
    Times times = Times::once;
    Moment moment = Moment::before;
  };
  // The errno to fail this call with, or 0. Throws where the plan says so.
  int meet(const std::string& call);
  void after(bool crash_now);
  [[nodiscard]] bool crashes_now(Moment moment) const;

  template <class T>
  Result<T> pass(const std::string& call, const std::function<Result<T>()>& inner);

  FileSystem& inner_;
  Syncs syncs_;
  Plan plan_;
  bool struck_ = false;
  bool dead_ = false;
  bool at_the_call_ = false;
  std::vector<std::string> calls_;
};

}  // namespace spoold::test
