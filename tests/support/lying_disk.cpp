#include "support/lying_disk.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <stdexcept>

#include "store/queue_layout.hpp"

namespace spoold::test {

namespace {

constexpr std::uint64_t device = 42;

}  // namespace

LyingDisk::LyingDisk(const Clock& clock, NameOrder order)
    : clock_(clock),
      root_(TempDirectory::in_memory()),
      journal_(order),
      journal_believed_(order == NameOrder::journal),
      directories_{"", ".tmp", archive_name} {
  for (const State state : all_states) directories_.emplace_back(to_string(state));
  changed_.assign(directories_.size(), clock_.wall_now());
  root_.write(sequence_name, std::string(8, '\0'));
  root_fd_ = ::open(root_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root_fd_ < 0) throw std::runtime_error("cannot open " + root_.path());
}

LyingDisk::~LyingDisk() {
  ::close(root_fd_);
}

void LyingDisk::fail(std::size_t nth, int number, Times times, const std::string& call) {
  heal();
  plan_ = Plan{Plan::What::fail, call, nth, number, times, Moment::before};
}

void LyingDisk::die(std::size_t nth, Moment moment) {
  heal();
  plan_ = Plan{Plan::What::die, {}, nth, 0, Times::once, moment};
}

void LyingDisk::fail_at_random(Choose choose, std::size_t one_in, std::vector<int> numbers) {
  random_ = std::move(choose);
  fails_one_in_ = one_in;
  numbers_ = std::move(numbers);
}

void LyingDisk::die_at_random(Choose choose, std::size_t one_in) {
  random_ = std::move(choose);
  dies_one_in_ = one_in;
}

void LyingDisk::heal() {
  plan_ = Plan{};
  met_ = 0;
  at_the_call_ = false;
  struck_ = false;
  dead_ = false;
  dies_after_ = false;
  fails_one_in_ = 0;
  dies_one_in_ = 0;
  calls_.clear();
}

void LyingDisk::end_process() {
  dead_ = true;
  throw Crash{};
}

int LyingDisk::meet(const std::string& call) {
  if (dead_) throw Crash{};
  ++calls_ever_;
  if (random_) return meet_at_random();
  calls_.push_back(call);
  at_the_call_ = false;
  if (plan_.what == Plan::What::nothing || (!plan_.call.empty() && plan_.call != call)) return 0;
  ++met_;
  at_the_call_ = met_ == plan_.nth || (plan_.times == Times::onwards && met_ > plan_.nth);
  if (!at_the_call_) return 0;
  struck_ = true;
  if (plan_.what == Plan::What::fail) return plan_.number;
  if (plan_.moment == Moment::before) end_process();
  return 0;
}

int LyingDisk::meet_at_random() {
  if (dies_one_in_ > 0 && random_(dies_one_in_) == 0) {
    struck_ = true;
    dies_after_ = random_(2) == 0;
    if (!dies_after_) end_process();
    return 0;
  }
  if (fails_one_in_ == 0 || random_(fails_one_in_) != 0) return 0;
  struck_ = true;
  return numbers_.at(random_(numbers_.size()));
}

void LyingDisk::done() {
  const bool planned = at_the_call_ && plan_.what == Plan::What::die && plan_.moment == Moment::after;
  if (planned || dies_after_) end_process();
}

void LyingDisk::cut_power(const Choose& choose) {
  heal();
  journal_.cut_power(choose);
}

void LyingDisk::clear_sequence() {
  root_.write(sequence_name, std::string(8, '\0'));
}

void LyingDisk::set_back_sequence(const Choose& choose) {
  if (std::filesystem::exists(root_ / sequence_name)) sequences_.push_back(root_.read(sequence_name));
  const std::size_t chosen = choose(sequences_.size() + 2);
  if (chosen < sequences_.size()) root_.write(sequence_name, sequences_[sequences_.size() - 1 - chosen]);
  if (chosen == sequences_.size()) clear_sequence();
  if (chosen > sequences_.size()) std::filesystem::remove(root_ / sequence_name);
  // A long life must not make the newest ever less likely.
  if (sequences_.size() > 2) sequences_.erase(sequences_.begin());
}

int LyingDisk::real_archive() {
  if (!archive_) {
    const std::string path = root_ / archive_name;
    std::filesystem::create_directory(path);
    archive_.reset(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  return archive_.get();
}

int LyingDisk::number_of(Directory directory) const {
  if (directory.handle == root_fd_) return 0;
  if (archive_ && directory.handle == archive_.get()) return number_of(archive_name);
  return directory.handle - first_handle;
}

int LyingDisk::number_of(const std::string& directory) const {
  const auto found = std::find(directories_.begin(), directories_.end(), directory);
  if (found == directories_.end()) throw std::runtime_error("no directory " + directory);
  return static_cast<int>(found - directories_.begin());
}

DirectoryJournal::File LyingDisk::find(Directory directory, const std::string& name) const {
  const auto found = journal_.seen().find({number_of(directory), name});
  return found == journal_.seen().end() ? nullptr : found->second;
}

FileStatus LyingDisk::status_of(const DiskFile& file) const {
  const auto links = std::count_if(journal_.seen().begin(), journal_.seen().end(),
                                   [&](const auto& it) { return it.second.get() == &file; });
  return FileStatus{.type = FileType::regular,
                    .size = file.bytes.size(),
                    .device = device,
                    .inode = file.inode,
                    .links = static_cast<std::uint64_t>(links),
                    .owner = ::geteuid(),
                    .group = ::getegid(),
                    .mode = 0600,
                    .modified = file.modified,
                    .changed = file.modified};
}

FileStatus LyingDisk::status_of(int directory) const {
  return FileStatus{.type = FileType::directory,
                    .device = device,
                    .inode = static_cast<std::uint64_t>(directory) + 1,
                    .links = 2,
                    .owner = ::geteuid(),
                    .group = ::getegid(),
                    .mode = 0700,
                    .modified = changed_.at(static_cast<std::size_t>(directory))};
}

void LyingDisk::touch(int directory) {
  changed_.at(static_cast<std::size_t>(directory)) = stamp();
}

WallTime LyingDisk::stamp() const {
  const auto since_1970 = std::chrono::floor<std::chrono::milliseconds>(clock_.wall_now().time_since_epoch());
  return WallTime{since_1970 / 4 * 4};
}

void LyingDisk::tell_of(const DiskName& name) const {
  if (appeared) appeared(directories_.at(static_cast<std::size_t>(name.directory)), name.name);
}

void LyingDisk::put(const std::string& directory, const std::string& name, std::string bytes,
                    WallTime modified, bool durable) {
  const DiskName at{number_of(directory), name};
  auto file = std::make_shared<DiskFile>(DiskFile{std::move(bytes), durable, modified, ++inodes_});
  if (durable) {
    journal_.put(at, file);
  } else {
    if (journal_.seen().count(at) != 0) journal_.unlink(at);
    journal_.link(at, file);
  }
  touch(at.directory);
  tell_of(at);
}

bool LyingDisk::move(const std::string& from, const std::string& name, const std::string& to,
                     const std::string& to_name) {
  const DiskName source{number_of(from), name};
  const DiskName target{number_of(to), to_name};
  if (journal_.seen().count(source) == 0 || journal_.seen().count(target) != 0) return false;
  journal_.rename(source, target);
  touch(source.directory);
  touch(target.directory);
  tell_of(target);
  return true;
}

std::vector<std::string> LyingDisk::names(const std::string& directory) const {
  std::vector<std::string> names;
  const int number = number_of(directory);
  const auto& seen = journal_.seen();
  for (auto it = seen.lower_bound({number, ""}); it != seen.end() && it->first.directory == number; ++it) {
    names.push_back(it->first.name);
  }
  return names;
}

std::string LyingDisk::bytes(const std::string& directory, const std::string& name) const {
  const auto found = journal_.seen().find({number_of(directory), name});
  if (found == journal_.seen().end()) throw std::runtime_error("no file " + name);
  return found->second->bytes;
}

}  // namespace spoold::test
