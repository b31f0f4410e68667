#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace spoold::test {

// Decides what is left open: a number from 0 to `options` - 1.
using Choose = std::function<std::size_t(std::size_t options)>;

// Runs through every sequence of choices: `do { run(it.choose()); } while (it.next());`
class EveryChoice {
 public:
  [[nodiscard]] Choose choose();
  [[nodiscard]] bool next();  // false: all have been made

 private:
  struct Made {
    std::size_t chosen = 0;
    std::size_t options = 0;
  };
  std::vector<Made> made_;
  std::size_t depth_ = 0;
};

// What a file system promises of names that no fsync of their directory has made durable yet. POSIX promises
// nothing; these are what Linux file systems do.
enum class NameOrder {
  // All directory operations in one order, of which a power cut leaves a beginning; a sync of any directory
  // makes all of them durable that came before. A journal (ext4, XFS).
  journal,
  // Operations on the same file or the same name in order, the others in any: a sync makes durable what
  // touched that directory, and what these build on. A rename is one operation. The least that "an entry is
  // in exactly one place" (P2) can be built on.
  per_name,
  // As per_name, but a rename may be caught halfway, with the file under both names (never under none, as
  // with soft updates). Nothing acknowledged is lost (P1); in two places it can be.
  halves
};

// A file's bytes; they are written once, and perhaps appended to.
struct DiskFile {
  std::string bytes;
  bool synced = false;
  WallTime modified{};
  std::uint64_t inode = 0;
  std::size_t kept = 0;  // so many at the front were synced before
};

// A name in a directory, by the directory's number.
struct DiskName {
  int directory = 0;
  std::string name;
  friend auto operator<=>(const DiskName&, const DiskName&) = default;
};

// The names of a disk, as they are seen and as a power cut would leave them.
class DirectoryJournal {
 public:
  using File = std::shared_ptr<DiskFile>;
  using Names = std::map<DiskName, File>;

  explicit DirectoryJournal(NameOrder order) : order_(order) {}

  [[nodiscard]] const Names& seen() const { return seen_; }

  void link(const DiskName& at, File file);
  void unlink(const DiskName& at);
  void rename(const DiskName& from, const DiskName& to);  // replaces
  // As if it had been there for long.
  void put(const DiskName& at, const File& file);

  // The file's bytes have left for the disk and lie in its cache. Over a journal they are durable as soon as
  // any operation is that comes after this: what says where they lie is in the journal before that, and a
  // commit flushes the cache first. In the other orders this promises nothing.
  void write_out(const File& file);

  void sync(int directory);
  // A sync that failed: what it was to make durable never becomes so by a later one (R6), unless these may be
  // believed, as over a journal, which takes no more writes after it has lost one.
  void fail_sync(int directory);
  void believe_later_syncs() { later_syncs_count_ = true; }
  // What the kernel writes by itself after a while: some of the operations become durable.
  void write_back(const Choose& choose);

  // From now on what is seen is what is left: what was synced, and of the rest what `choose` says, as the
  // order allows. Bytes that were not synced are whole, missing, zeros or cut at a multiple of 4 KiB.
  void cut_power(const Choose& choose);

  [[nodiscard]] std::size_t not_durable() const;

 private:
  struct Operation {
    std::optional<DiskName> from;
    std::optional<DiskName> to;
    File file;
    std::vector<std::size_t> needs;  // numbers of operations
    bool durable = false;
    bool doubtful = false;
  };
  enum class Survival { lost, half, whole };

  void add(Operation operation);
  void note_need(Operation& operation, const std::optional<std::size_t>& number) const;
  [[nodiscard]] Operation& at(std::size_t number) { return operations_.at(number - first_); }
  [[nodiscard]] bool make_durable(std::size_t number);
  [[nodiscard]] bool reached_by_sync(const Operation& operation, int directory) const;
  void flush_before(std::size_t number);
  void settle_oldest();
  [[nodiscard]] std::vector<Survival> choose_survivors(const Choose& choose);
  static void apply(Names& names, const Operation& operation, Survival survival);
  static void lose_bytes(DiskFile& file, const Choose& choose);

  NameOrder order_;
  bool later_syncs_count_ = false;
  Names durable_;
  Names seen_;
  std::vector<Operation> operations_;                      // not settled yet, oldest first
  std::size_t first_ = 0;                                  // the number of the oldest
  std::vector<std::pair<File, std::size_t>> written_out_;  // with the number of the operation that came next
  std::map<DiskName, std::size_t> last_of_name_;
  std::map<const DiskFile*, std::size_t> last_of_file_;
};

}  // namespace spoold::test
