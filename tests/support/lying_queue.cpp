#include "support/lying_queue.hpp"

#include <stdexcept>

#include "store/archive.hpp"
#include "support/archive_ids.hpp"

namespace spoold::test {

namespace {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

}  // namespace

LyingQueue::LyingQueue(NameOrder order) : disk_(clock_, order) {
  reopen();
}

void LyingQueue::close() {
  producer_.reset();
  store_.reset();
  sequence_.reset();
  layout_.reset();
}

void LyingQueue::reopen() {
  close();
  disk_.heal();
  layout_.emplace(must(QueueLayout::open(disk_, disk_.path())));
  sequence_.emplace(must(Sequence::open(layout_->queue(), clock_, 0600)));
  store_.emplace(disk_, *layout_, *sequence_, clock_, StoreOptions{});
  producer_.emplace(disk_, *layout_, *sequence_, clock_, TempQueue::quick());
  disk_.heal();
}

void LyingQueue::cut_power(const Choose& choose) {
  close();
  disk_.cut_power(choose);
  disk_.clear_sequence();
  reopen();
}

std::string LyingQueue::enqueue(const std::string& json) {
  return must(producer_->enqueue(entry_of(json))).file_name;
}

void LyingQueue::drop(const std::string& name, const std::string& bytes, std::chrono::nanoseconds age,
                      State state) {
  disk_.put(std::string(to_string(state)), name, bytes, clock_.wall_now() - age, true);
}

Claim LyingQueue::claim(const std::string& file_name) {
  auto result = must(store_->claim(file_name));
  if (auto* claim = std::get_if<Claim>(&result)) return std::move(*claim);
  throw std::runtime_error(file_name + " cannot be claimed");
}

std::vector<std::string> LyingQueue::names(State state) const {
  return disk_.names(std::string(to_string(state)));
}

std::string LyingQueue::read(State state, const std::string& name) const {
  return disk_.bytes(std::string(to_string(state)), name);
}

RecoveryReport LyingQueue::recover(RecoveryOptions options) {
  return must(spoold::recover(disk_, *layout_, clock_, options));
}

std::vector<std::string> LyingQueue::audit() const {
  return audit_states([this](State state) { return names(state); },
                      [this](State state, const std::string& name) { return read(state, name); });
}

std::map<std::string, int> LyingQueue::archive_ids(const std::string& after) const {
  const TempDirectory copy;
  for (const std::string& name : disk_.names(archive_name)) {
    if (parse_archive_name(name) && name > after) copy.write(name, disk_.bytes(archive_name, name));
  }
  PosixFileSystem files;
  return test::archive_ids(files, *files.open_directory(copy.path()));
}

}  // namespace spoold::test
