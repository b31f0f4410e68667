// Pruning: how fast entries are enqueued after ten thousand completed ones were removed, beside before. On
// ext4 without a journal making files is slow for minutes after that (docs/performance.md).

#include <fcntl.h>
#include <unistd.h>

#include "bench/measure.hpp"
#include "bench/scratch_queue.hpp"
#include "os/block_groups.hpp"
#include "os/clock.hpp"
#include "os/posix_file_system.hpp"
#include "os/unique_fd.hpp"
#include "store/staging_renewal.hpp"

namespace spoold::bench {
namespace {

constexpr std::size_t sample = 1000;

class Pruned {
 public:
  explicit Pruned(const ScratchQueue& queue) : layout_(take(QueueLayout::open(files_, queue.path()))) {}

  // Entries a second as a shell enqueues them: a file made in .tmp/ and renamed, nothing synced, since
  // waiting for the disk would hide what the making costs.
  double enqueue(std::size_t entries) {
    const Stopwatch watch;
    for (std::size_t i = 0; i < entries; ++i) {
      const std::string name = format_entry_name(plain_name(++last_id_));
      const std::string staged = layout_.path() + "/.tmp/" + name;
      const std::string bytes = note_entry(last_id_);
      const UniqueFd fd{::open(staged.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
      require(fd && ::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
                  ::rename(staged.c_str(), (layout_.path_of(State::pending) + "/" + name).c_str()) == 0,
              "cannot enqueue " + staged);
    }
    return static_cast<double>(entries) / watch.seconds();
  }

  void complete_all() {
    for (const std::string& name : names(State::pending)) {
      take(files_.rename_new(layout_.directory(State::pending), name, layout_.directory(State::completed),
                             name));
    }
  }

  // What is removed is hours old: it has been on the disk for long.
  void remove_completed() {
    require(::syncfs(layout_.queue().handle) == 0, "cannot sync " + layout_.path());
    for (const std::string& name : names(State::completed)) {
      take(files_.remove(layout_.directory(State::completed), name));
    }
  }

  // As the daemon does after such a cleanup.
  void renew() {
    if (!removals_slow_creation(layout_.queue().handle)) return;
    take(renew_staging(layout_, static_cast<std::uint64_t>(clock_.wall_now().time_since_epoch().count())));
  }

 private:
  std::vector<std::string> names(State state) {
    std::vector<std::string> found;
    take(files_.list(layout_.directory(state), [&](std::string_view name) {
      found.emplace_back(name);
      return true;
    }));
    return found;
  }

  PosixFileSystem files_;
  SystemClock clock_;
  QueueLayout layout_;
  std::uint64_t last_id_ = 0;
};

}  // namespace
}  // namespace spoold::bench

int main(int argc, char** argv) {
  using namespace spoold::bench;
  const Options options = read_options(argc, argv);
  const std::size_t entries = options.entries / 2;  // 10,000 by default
  // Once only: what was removed in one round would slow down the next one.
  const ScratchQueue queue{options.directory, "prune", ScratchQueue::WithDatabase::no};
  Pruned pruned{queue};
  static_cast<void>(pruned.enqueue(entries));
  pruned.complete_all();
  const double before = pruned.enqueue(sample);
  pruned.remove_completed();
  const double after = pruned.enqueue(sample);
  pruned.renew();
  const Rounds renewed{{pruned.enqueue(sample)}, {before}};
  const Rounds left{{after}, {before}};
  const std::string removed = std::to_string(entries);
  report(compare("enqueue_after_pruning", "enqueue after " + removed + " were removed; beside before",
                 "entries/s", renewed, ">= 0.50"));
  report(compare("enqueue_after_unlink", "the same had .tmp/ not been renewed", "entries/s", left, ""));
}
