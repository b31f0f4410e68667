// Drain: a real spoold beside a one-threaded floor program, both over the same files into the same kind of
// database.

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "bench/child.hpp"
#include "bench/measure.hpp"
#include "bench/scratch_queue.hpp"
#include "os/unique_fd.hpp"

namespace spoold::bench {
namespace {

constexpr std::size_t batch = 100;

std::size_t count_files(const std::string& directory) {
  std::size_t count = 0;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream{::opendir(directory.c_str()), ::closedir};
  require(stream != nullptr, "cannot list " + directory);
  while (const dirent* found = ::readdir(stream.get())) count += found->d_name[0] != '.';
  return count;
}

void check_drained(const ScratchQueue& queue, std::size_t entries) {
  const auto rows = query_number(open_database(queue.database()).get(), "SELECT count(*) FROM notes");
  require(static_cast<std::size_t>(rows) == entries, queue.path() + ": rows are missing");
  require(count_files(queue.path() + "/completed") == entries, queue.path() + ": entries are not completed");
}

double seconds_of_run(const ScratchQueue& queue) {
  const Stopwatch watch;
  Child child{{"--config", queue.config(), "--once"}, queue.log()};
  child.wait_for_success();
  return watch.seconds();
}

// What a run costs that finds nothing to do.
double start_up_seconds(const Options& options) {
  const ScratchQueue queue{options.directory, "drain-empty"};
  std::vector<double> runs;
  for (int i = 0; i < 5; ++i) runs.push_back(seconds_of_run(queue));
  return median(std::move(runs));
}

double spoold_rate(const ScratchQueue& queue, std::size_t entries, double start_up) {
  const double seconds = seconds_of_run(queue) - start_up;
  check_drained(queue, entries);
  return static_cast<double>(entries) / seconds;
}

// The least that a drain by rename can do: no ledger, no savepoints, no checks, no parser.
class FloorDrain {
 public:
  explicit FloorDrain(const ScratchQueue& queue)
      : pending_{open_directory(queue.path() + "/pending")},
        processing_{open_directory(queue.path() + "/processing")},
        completed_{open_directory(queue.path() + "/completed")},
        database_{open_database(queue.database())} {}

  void run() {
    std::vector<std::string> names = list();
    std::sort(names.begin(), names.end());
    for (std::size_t first = 0; first < names.size(); first += batch)
      run_batch(names.data() + first, std::min(batch, names.size() - first));
  }

 private:
  static UniqueFd open_directory(const std::string& path) {
    UniqueFd fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    require(static_cast<bool>(fd), "cannot open " + path);
    return fd;
  }

  [[nodiscard]] std::vector<std::string> list() const {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> stream{::fdopendir(::dup(pending_.get())), ::closedir};
    require(stream != nullptr, "cannot list pending/");
    while (const dirent* found = ::readdir(stream.get())) {
      if (found->d_name[0] != '.') names.emplace_back(static_cast<const char*>(found->d_name));
    }
    return names;
  }

  void run_batch(const std::string* names, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      move(names[i], pending_, processing_);
      texts_[i] = read(names[i]);
    }
    execute(database_.get(), "BEGIN IMMEDIATE");
    for (std::size_t i = 0; i < count; ++i) execute(database_.get(), sql_in(texts_[i]));
    execute(database_.get(), "COMMIT");
    for (std::size_t i = 0; i < count; ++i) move(names[i], processing_, completed_);
  }

  static void move(const std::string& name, const UniqueFd& from, const UniqueFd& to) {
    require(::renameat2(from.get(), name.c_str(), to.get(), name.c_str(), RENAME_NOREPLACE) == 0,
            "the floor program cannot rename " + name);
  }

  [[nodiscard]] std::string read(const std::string& name) const {
    const UniqueFd fd{
        ::openat(processing_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    std::array<char, 4096> buffer{};
    const ssize_t size = ::read(fd.get(), buffer.data(), buffer.size());
    require(size > 0, "the floor program cannot read " + name);
    return {buffer.data(), static_cast<std::size_t>(size)};
  }

  static std::string sql_in(const std::string& text) {
    constexpr std::string_view before = "\"sql\":\"";
    const std::size_t begin = text.find(before) + before.size();
    return text.substr(begin, text.find('"', begin) - begin);
  }

  UniqueFd pending_;
  UniqueFd processing_;
  UniqueFd completed_;
  Database database_;
  std::array<std::string, batch> texts_;
};

double floor_rate(const ScratchQueue& queue, std::size_t entries) {
  const Stopwatch watch;
  FloorDrain{queue}.run();
  const double seconds = watch.seconds();
  check_drained(queue, entries);
  return static_cast<double>(entries) / seconds;
}

ScratchQueue filled(const Options& options, const char* who, std::size_t round) {
  ScratchQueue queue{options.directory, std::string{"drain-"} + who + "-" + std::to_string(round)};
  queue.fill(options.entries);
  return queue;
}

Rounds measure(const Options& options) {
  const double start_up = start_up_seconds(options);
  Rounds rounds;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const ScratchQueue for_spoold = filled(options, "spoold", round);
    const ScratchQueue for_floor = filled(options, "floor", round);
    // Which goes first changes from round to round.
    const bool spoold_first = round % 2 == 0;
    if (spoold_first) rounds.spoold.push_back(spoold_rate(for_spoold, options.entries, start_up));
    rounds.floor.push_back(floor_rate(for_floor, options.entries));
    if (!spoold_first) rounds.spoold.push_back(spoold_rate(for_spoold, options.entries, start_up));
  }
  return rounds;
}

}  // namespace
}  // namespace spoold::bench

int main(int argc, char** argv) {
  using namespace spoold::bench;
  const Options options = read_options(argc, argv);
  report(compare("drain", "drain into SQLite, batches of 100, synchronous=FULL", "entries/s",
                 measure(options), ">= 0.70"));
}
