// Durable enqueue: the library's Producer beside the bare system calls that a durable enqueue cannot do
// without.

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "bench/measure.hpp"
#include "bench/scratch_queue.hpp"
#include "entry/entry_format.hpp"
#include "os/posix_file_system.hpp"
#include "os/unique_fd.hpp"
#include "store/producer.hpp"

namespace spoold::bench {
namespace {

enum class Mode { one_by_one, bulk };

std::string round_name(Mode mode, const char* who, std::size_t round) {
  return std::string{mode == Mode::bulk ? "bulk-" : "enqueue-"} + who + "-" + std::to_string(round);
}

Entry read_entry(std::uint64_t id) {
  return take(parse_entry(note_entry(id)));
}

// Entries a second, from the text of an entry to its being durable.
double spoold_rate(const ScratchQueue& queue, std::size_t entries, Mode mode) {
  PosixFileSystem files;
  const SystemClock clock;
  const QueueLayout layout = take(QueueLayout::open_for_producer(files, queue.path()));
  Sequence sequence = take(Sequence::open(layout.queue(), clock, 0600));
  Producer producer{files, layout, sequence, clock, ProducerOptions{}};
  const Stopwatch watch;
  std::vector<Entry> all;
  for (std::uint64_t id = 0; id < entries; ++id) {
    if (mode == Mode::one_by_one) {
      static_cast<void>(take(producer.enqueue(read_entry(id))));
    } else {
      all.push_back(read_entry(id));
    }
  }
  if (mode == Mode::bulk) take(producer.enqueue_all(std::move(all)).result);
  return static_cast<double>(entries) / watch.seconds();
}

struct FloorQueue {
  explicit FloorQueue(const std::string& path)
      : staging{::open((path + "/.tmp").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)},
        pending{::open((path + "/pending").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)} {
    require(staging && pending, "cannot open " + path);
  }

  static std::array<char, 32> name_of(std::uint64_t id) {
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "05_%020llu.json", static_cast<unsigned long long>(id + 1));
    return name;
  }

  void write_file(std::uint64_t id) const {
    const std::string bytes = note_entry(id);
    const int fd = ::openat(staging.get(), name_of(id).data(),
                            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    require(fd >= 0 && ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
                ::fsync(fd) == 0 && ::close(fd) == 0,
            "the floor program cannot write");
  }

  void show(std::uint64_t id) const {
    const auto name = name_of(id);
    require(::renameat2(staging.get(), name.data(), pending.get(), name.data(), RENAME_NOREPLACE) == 0,
            "the floor program cannot rename");
  }

  void sync() const { require(::fsync(pending.get()) == 0, "the floor program cannot sync"); }

  UniqueFd staging;
  UniqueFd pending;
};

double floor_rate(const ScratchQueue& queue, std::size_t entries, Mode mode) {
  const FloorQueue floor{queue.path()};
  const Stopwatch watch;
  if (mode == Mode::one_by_one) {
    for (std::uint64_t id = 0; id < entries; ++id) {
      floor.write_file(id);
      floor.show(id);
      floor.sync();
    }
  } else {
    for (std::uint64_t id = 0; id < entries; ++id) floor.write_file(id);
    for (std::uint64_t id = 0; id < entries; ++id) floor.show(id);
    floor.sync();
  }
  return static_cast<double>(entries) / watch.seconds();
}

Rounds measure(const Options& options, std::size_t entries, Mode mode) {
  Rounds rounds;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const auto fresh = [&](const char* who) {
      return ScratchQueue{options.directory, round_name(mode, who, round), ScratchQueue::WithDatabase::no};
    };
    // Which goes first changes from round to round.
    const bool spoold_first = round % 2 == 0;
    if (spoold_first) rounds.spoold.push_back(spoold_rate(fresh("spoold"), entries, mode));
    rounds.floor.push_back(floor_rate(fresh("floor"), entries, mode));
    if (!spoold_first) rounds.spoold.push_back(spoold_rate(fresh("spoold"), entries, mode));
  }
  return rounds;
}

}  // namespace
}  // namespace spoold::bench

int main(int argc, char** argv) {
  using namespace spoold::bench;
  const Options options = read_options(argc, argv);
  const std::size_t entries = options.entries / 10;
  report(compare("enqueue", "durable enqueue, one by one", "entries/s",
                 measure(options, entries, Mode::one_by_one), ">= 0.90"));
  report(compare("enqueue_bulk", "durable enqueue, " + std::to_string(entries) + " at once", "entries/s",
                 measure(options, entries, Mode::bulk), ""));
}
