#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "entry/entry_format.hpp"
#include "os/block_groups.hpp"
#include "os/posix_file_system.hpp"
#include "store/producer.hpp"
#include "store/staging_renewal.hpp"
#include "support/print_result.hpp"
#include "support/run_program.hpp"
#include "support/temp_directory.hpp"

// Enqueueing onto real file systems with a journal. The image of the disk is copied at a moment after an
// enqueue was acknowledged, as the power's end would leave it had the disk kept all that it was given, and
// mounted from the copy: its journal is replayed, and all that never left the page cache is gone.

namespace spoold {

namespace {

using test::ProgramResult;
using test::run_program;
using test::TempDirectory;

void be_alone_with_mounts() {
  static const bool alone =
      ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  REQUIRE(alone);
}

struct Kind {
  std::string type;
  std::vector<std::string> make;  // the image's path follows
  std::string size;
  std::string options = {};
};

// A file with a file system in it, mounted while this lives.
class Image {
 public:
  Image(std::string file, const std::string& at, const Kind& kind) : file_(std::move(file)), at_(at) {
    std::filesystem::create_directories(at_);
    const std::string options = "loop" + (kind.options.empty() ? "" : "," + kind.options);
    const ProgramResult mounted = run_program({"mount", "-t", kind.type, "-o", options, file_, at_});
    INFO(mounted.err);
    REQUIRE(mounted.exit_status == 0);
  }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;
  ~Image() { (void)run_program({"umount", at_}); }

  void copy_to(const std::string& to) const {
    const ProgramResult copied = run_program({"cp", "--sparse=always", file_, to});
    REQUIRE(copied.exit_status == 0);
  }

 private:
  std::string file_;
  std::string at_;
};

bool can_make(const Kind& kind) {
  if (::access("/dev/loop-control", R_OK | W_OK) != 0) return false;
  std::ifstream known{"/proc/filesystems"};
  const std::string all{std::istreambuf_iterator<char>(known), std::istreambuf_iterator<char>()};
  return all.find("\t" + kind.type + "\n") != std::string::npos &&
         run_program({"sh", "-c", "command -v " + kind.make.front()}).exit_status == 0;
}

std::string make_image(const TempDirectory& directory, const Kind& kind) {
  const std::string file = directory / "image";
  REQUIRE(run_program({"truncate", "-s", kind.size, file}).exit_status == 0);
  std::vector<std::string> command = kind.make;
  command.push_back(file);
  const ProgramResult made = run_program(command);
  INFO(made.err);
  REQUIRE(made.exit_status == 0);
  return file;
}

Entry greeting(int number) {
  auto entry = parse_entry(R"({"operation":"greet","stdin":"mark )" + std::to_string(number) + R"(."})");
  REQUIRE(entry);
  return std::move(*entry);
}

std::vector<std::string> enqueue(const std::string& queue, int first, int count, bool at_once) {
  PosixFileSystem files;
  const SystemClock clock;
  const auto layout = QueueLayout::open_for_producer(files, queue);
  REQUIRE(layout);
  auto sequence = Sequence::open(layout->queue(), clock, 0600);
  REQUIRE(sequence);
  Producer producer{files, *layout, *sequence, clock, ProducerOptions{.free_bytes_min = 0}};
  std::vector<std::string> names;
  std::vector<Entry> entries;
  for (int number = first; number < first + count; ++number) {
    if (at_once) {
      entries.push_back(greeting(number));
      continue;
    }
    const auto enqueued = producer.enqueue(greeting(number));
    REQUIRE(enqueued);
    names.push_back(enqueued->file_name);
  }
  if (at_once) {
    const auto bulk = producer.enqueue_all(std::move(entries));
    REQUIRE(bulk.result);
    for (const auto& enqueued : bulk.enqueued) names.push_back(enqueued.file_name);
  }
  return names;
}

void make_queue(const std::string& path) {
  PosixFileSystem files;
  REQUIRE(QueueLayout::create(files, path, QueueModes{}));
}

bool is_whole(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return static_cast<bool>(parse_entry(bytes));
}

// Each name in pending/ of the copy, acknowledged or not, is a whole entry.
std::size_t whole_entries(const std::string& queue) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator{queue + "/pending"}) {
    INFO(entry.path());
    REQUIRE(is_whole(entry.path()));
    ++count;
  }
  return count;
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      {"ext4", {"mkfs.ext4", "-q", "-F"}, "64M"},
      {"ext4", {"mkfs.ext4", "-q", "-F"}, "64M", "data=writeback"},
      {"ext4", {"mkfs.ext4", "-q", "-F"}, "64M", "data=journal"},
      {"ext4", {"mkfs.ext4", "-q", "-F", "-O", "fast_commit"}, "64M"},
      {"ext4", {"mkfs.ext4", "-q", "-F", "-O", "^has_journal"}, "64M"},
      {"xfs", {"mkfs.xfs", "-q"}, "320M", "nouuid"},
  };
  return all;
}

bool has_order(const Kind& kind) {
  return std::find(kind.make.begin(), kind.make.end(), "^has_journal") == kind.make.end();
}

// As mkfs says it: so many block groups share the room for their inodes.
std::uint64_t inodes_of_flex_group(const std::string& image) {
  const ProgramResult told = run_program({"sh", "-c",
                                          "dumpe2fs -h " + image +
                                              " 2>/dev/null | awk -F: '/^Inodes per group|^Flex block "
                                              "group size/ { gsub(/ /, \"\", $2); print $2 }'"});
  std::istringstream numbers{told.out};
  std::uint64_t inodes = 0;
  std::uint64_t groups = 0;
  numbers >> inodes >> groups;
  REQUIRE(inodes * groups > 0);
  return inodes * groups;
}

std::uint64_t inode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_ino;
}

}  // namespace

TEST_CASE("what was acknowledged on a real journal is there, whole, after the journal is replayed") {
  be_alone_with_mounts();
  for (const Kind& kind : kinds()) {
    INFO(kind.type << " " << kind.make.back() << " " << kind.options);
    if (!can_make(kind)) {
      WARN("no loop device, no driver or no mkfs for " << kind.type << ": left out");
      continue;
    }
    const TempDirectory directory;
    const std::string file = make_image(directory, kind);
    const Image image{file, directory / "disk", kind};
    const std::string queue = directory / "disk/queue";
    make_queue(queue);
    std::vector<std::string> names;
    for (int round = 0; round < 6; ++round) {
      const bool at_once = round % 2 == 1;
      for (const auto& name : enqueue(queue, round * 20, round == 0 ? 1 : 20, at_once)) names.push_back(name);
      image.copy_to(directory / "copy");
      const Image copy{directory / "copy", directory / "after", kind};
      const std::string found = directory / "after/queue";
      for (const std::string& name : names) {
        INFO(name);
        REQUIRE(is_whole(found + "/pending/" + name));
      }
      CHECK(whole_entries(found) == names.size());
    }
  }
}

TEST_CASE("a file system that keeps names behind bytes is told from one that does not") {
  be_alone_with_mounts();
  for (const Kind& kind : kinds()) {
    INFO(kind.type << " " << kind.make.back() << " " << kind.options);
    if (!can_make(kind)) continue;
    const TempDirectory directory;
    const Image image{make_image(directory, kind), directory / "disk", kind};
    const UniqueFd disk{::open((directory / "disk").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    JournalOrder order;
    CHECK(order.holds_in(disk.get()) == has_order(kind));
  }
  const TempDirectory memory = TempDirectory::in_memory();
  const UniqueFd root{::open(memory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  CHECK_FALSE(JournalOrder{}.holds_in(root.get()));
}

TEST_CASE("a mount whose commits do not flush the disk's cache is not believed") {
  be_alone_with_mounts();
  const Kind kind{"ext4", {"mkfs.ext4", "-q", "-F"}, "64M", "data=writeback,journal_async_commit"};
  if (!can_make(kind)) return;
  const TempDirectory directory;
  const Image image{make_image(directory, kind), directory / "disk", kind};
  const UniqueFd disk{::open((directory / "disk").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  CHECK_FALSE(JournalOrder{}.holds_in(disk.get()));
}

TEST_CASE("a name that is synced without its bytes having been written out is there without them") {
  be_alone_with_mounts();
  const Kind& kind = kinds().front();
  if (!can_make(kind)) return;
  const TempDirectory directory;
  const Image image{make_image(directory, kind), directory / "disk", kind};
  const std::string queue = directory / "disk/queue";
  make_queue(queue);
  PosixFileSystem files;
  const auto layout = QueueLayout::open_for_producer(files, queue);
  REQUIRE(layout);
  const Directory pending = layout->directory(State::pending);
  REQUIRE(
      files.write_new(layout->staging(), "x.json", "{\"operation\":\"greet\"}", 0600, Durability::unsynced));
  REQUIRE(files.rename_new(layout->staging(), "x.json", pending, "x.json"));
  REQUIRE(files.sync_directory(pending));
  image.copy_to(directory / "copy");
  const Image copy{directory / "copy", directory / "after", kind};
  const std::string found = directory / "after/queue/pending/x.json";
  REQUIRE(std::filesystem::exists(found));
  CHECK_FALSE(is_whole(found));
}

TEST_CASE("on ext4 without a journal a renewed .tmp lies in another block group, and so do the entries") {
  be_alone_with_mounts();
  const Kind kind{"ext4", {"mkfs.ext4", "-q", "-F", "-O", "^has_journal"}, "16G"};
  if (!can_make(kind)) return;
  const TempDirectory directory;
  const std::string file = make_image(directory, kind);
  const Image image{file, directory / "disk", kind};
  const std::string queue = directory / "disk/queue";
  make_queue(queue);
  PosixFileSystem files;
  const auto layout = QueueLayout::open(files, queue);
  REQUIRE(layout);
  REQUIRE(removals_slow_creation(layout->queue().handle));
  const auto group_of = [&, each = inodes_of_flex_group(file)](const std::string& path) {
    return (inode_of(path) - 1) / each;
  };
  std::uint64_t last = group_of(queue + "/.tmp");
  for (std::uint64_t renewal = 1; renewal <= 5; ++renewal) {
    INFO("renewal " << renewal);
    REQUIRE(renew_staging(*layout, renewal));
    const std::uint64_t now = group_of(queue + "/.tmp");
    CHECK(now != last);
    const std::string name = enqueue(queue, 1, 1, false).front();
    CHECK(group_of(queue + "/pending/" + name) == now);
    last = now;
  }
}

TEST_CASE("where a journal keeps names behind bytes, removals slow nothing down, and nothing is renewed") {
  be_alone_with_mounts();
  const Kind& kind = kinds().front();
  if (!can_make(kind)) return;
  const TempDirectory directory;
  const Image image{make_image(directory, kind), directory / "disk", kind};
  const UniqueFd disk{::open((directory / "disk").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  CHECK_FALSE(removals_slow_creation(disk.get()));
}

}  // namespace spoold
