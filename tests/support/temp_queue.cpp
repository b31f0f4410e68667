#include "support/temp_queue.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <stdexcept>

namespace spoold::test {

namespace {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> names;
  for (const auto& found : std::filesystem::directory_iterator(path))
    names.push_back(found.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

ManualClock::ManualClock()
    : wall_(std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now()) +
            std::chrono::hours{1}),
      monotonic_(std::chrono::steady_clock::now()) {}

void ManualClock::advance(std::chrono::nanoseconds by) {
  wall_ += by;
  monotonic_ += by;
}

TempQueue::TempQueue(StoreOptions options, ProducerOptions producer_options, Syncs syncs)
    : directory_(syncs == Syncs::real ? TempDirectory::in_memory() : TempDirectory{}),
      path_(directory_ / "queue"),
      options_(std::move(options)),
      producer_options_(producer_options),
      syncs_(syncs) {
  // With a sequence that is there already: making one waits for the disk, which thousands of queues feel.
  if (::mkdir(path_.c_str(), 0700) != 0) throw std::runtime_error("cannot make " + path_);
  directory_.write("queue/.seq", std::string(8, '\0'));
  PosixFileSystem posix;
  FaultFileSystem files{posix};
  must(QueueLayout::create(files, path_, QueueModes{}));
  reopen();
}

ProducerOptions TempQueue::quick() {
  ProducerOptions options;
  options.free_bytes_min = 0;
  return options;
}

void TempQueue::reopen() {
  producer_.reset();
  store_.reset();
  sequence_.reset();
  layout_.reset();
  faults_.reset();
  posix_.emplace();
  faults_.emplace(*posix_, syncs_);
  layout_.emplace(must(QueueLayout::open(*posix_, path_)));
  sequence_.emplace(must(Sequence::open(layout_->queue(), clock_, 0600)));
  store_.emplace(*faults_, *layout_, *sequence_, clock_, options_);
  producer_.emplace(*faults_, *layout_, *sequence_, clock_, producer_options_);
  faults_->heal();
}

std::string TempQueue::enqueue(const std::string& json) {
  return must(producer_->enqueue(entry_of(json))).file_name;
}

void TempQueue::drop(const std::string& name, const std::string& bytes, std::chrono::nanoseconds age,
                     State state) const {
  directory_.write("queue/" + std::string(to_string(state)) + "/" + name, bytes);
  const auto modified = (clock_.wall_now() - age).time_since_epoch();
  const auto whole = std::chrono::floor<std::chrono::seconds>(modified);
  const timespec time{whole.count(), (modified - whole).count()};
  const std::array<timespec, 2> times{time, time};
  if (::utimensat(AT_FDCWD, path_of(state, name).c_str(), times.data(), 0) != 0) {
    throw std::runtime_error("cannot set the time of " + name);
  }
}

Claim TempQueue::claim(const std::string& file_name) {
  auto result = must(store_->claim(file_name));
  if (auto* claim = std::get_if<Claim>(&result)) return std::move(*claim);
  if (auto* condemned = std::get_if<Condemned>(&result)) throw std::runtime_error(condemned->reason);
  throw std::runtime_error(file_name + " cannot be claimed");
}

std::vector<std::string> TempQueue::names(State state) const {
  return names_in(path_ + "/" + std::string(to_string(state)));
}

std::vector<std::string> TempQueue::staged() const {
  return names_in(path_ + "/.tmp");
}

std::string TempQueue::path_of(State state, const std::string& name) const {
  return path_ + "/" + std::string(to_string(state)) + "/" + name;
}

std::string TempQueue::read(State state, const std::string& name) const {
  return directory_.read("queue/" + std::string(to_string(state)) + "/" + name);
}

RecoveryReport TempQueue::recover(RecoveryOptions options) {
  return must(spoold::recover(*faults_, *layout_, clock_, options));
}

std::vector<std::string> TempQueue::audit() const {
  return audit_states([this](State state) { return names(state); },
                      [this](State state, const std::string& name) { return read(state, name); });
}

std::optional<State> TempQueue::state_of(std::uint64_t seq) const {
  std::optional<State> found;
  for (const State state : all_states) {
    for (const std::string& file_name : names(state)) {
      const auto name = parse_entry_name(file_name);
      if (!name || name->seq != seq) continue;
      if (found) throw std::runtime_error(file_name + " is in two states");
      found = state;
    }
  }
  return found;
}

std::uint64_t seq_of(const std::string& file_name) {
  const auto name = parse_entry_name(file_name);
  if (!name) throw std::runtime_error(file_name + " is no name of ours");
  return name->seq;
}

namespace {

// A bundle may hold lines that are no entries until it has run.
bool is_whole(const EntryName& name, const std::string& bytes) {
  return name.is_bundle() ? measure_bundle(bytes).lines == name.lines : parse_entry(bytes).has_value();
}

}  // namespace

std::vector<std::string> audit_states(
    const std::function<std::vector<std::string>(State)>& names,
    const std::function<std::string(State, const std::string& name)>& read) {
  std::vector<std::string> problems;
  std::map<std::uint64_t, std::string> places;
  for (const State state : all_states) {
    if (state == State::corrupt) continue;
    for (const std::string& file_name : names(state)) {
      const std::string place = std::string(to_string(state)) + "/" + file_name;
      const auto name = parse_entry_name(file_name);
      if (name && !places.emplace(name->seq, place).second) {
        problems.push_back(place + " is also " + places[name->seq]);
      }
      if (name && name->due_ms.has_value() != (state == State::deferred)) {
        problems.push_back(place + " has a name of another state");
      }
      if (name && !is_whole(*name, read(state, file_name))) problems.push_back(place + " is not whole");
    }
  }
  return problems;
}

Entry entry_of(const std::string& json) {
  return must(parse_entry(json));
}

}  // namespace spoold::test
