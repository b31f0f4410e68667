#include "bench/drain_shape.hpp"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "bench/bare_calls.hpp"
#include "bench/measure.hpp"
#include "bench/runs.hpp"

namespace spoold::bench {
namespace {

std::string no_op_entry(std::uint64_t id) {
  std::string text = note_entry(id);
  const std::size_t begin = text.find("INSERT");
  return text.replace(begin, text.find("\",\"metadata\"") - begin, "SELECT 1");
}

std::size_t count_files(const std::string& directory) {
  std::size_t count = 0;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream{::opendir(directory.c_str()), ::closedir};
  require(stream != nullptr, "cannot list " + directory);
  while (const dirent* found = ::readdir(stream.get())) count += found->d_name[0] != '.';
  return count;
}

using Names = std::vector<std::string>;

// No ledger, no savepoints, no checks, no parser.
class FloorDrain {
 public:
  FloorDrain(const ScratchQueue& queue, const DrainShape& shape)
      : shape_(shape),
        pending_{open_directory(queue.path() + "/pending")},
        processing_{open_directory(queue.path() + "/processing")},
        completed_{open_directory(queue.path() + "/completed")},
        database_{open_database(queue.database())} {
    if (!shape.full) execute(database_.get(), "PRAGMA synchronous=NORMAL");
  }

  // Returns the seconds after the listing.
  double run(std::size_t count_max) {
    Names names = list();
    names.resize(std::min(names.size(), count_max));
    const Stopwatch watch;
    for (std::size_t first = 0; first < names.size(); first += shape_.batch) {
      const Names batch = slice(names, first);
      const std::vector<std::string> texts = claim(batch);
      perform(texts);
      acknowledge(batch);
    }
    return watch.seconds();
  }

  // Three batches are on their way at most, as in the daemon.
  void run_in_two_threads() {
    const Names names = list();
    std::thread committing{[this] { commit_what_comes(); }};
    std::size_t acknowledged = 0;
    std::deque<Names> under_way;
    for (std::size_t first = 0; first < names.size() || !under_way.empty();) {
      if (first < names.size() && under_way.size() < 3) {
        Names batch = slice(names, first);
        first += batch.size();
        give(claim(batch));
        under_way.push_back(std::move(batch));
        continue;
      }
      wait_for_commits(++acknowledged);
      acknowledge(under_way.front());
      under_way.pop_front();
    }
    give({});
    committing.join();
  }

 private:
  [[nodiscard]] Names list() const {
    Names names;
    const std::unique_ptr<DIR, int (*)(DIR*)> stream{::fdopendir(::dup(pending_.get())), ::closedir};
    require(stream != nullptr, "cannot list pending/");
    while (const dirent* found = ::readdir(stream.get())) {
      if (found->d_name[0] != '.') names.emplace_back(static_cast<const char*>(found->d_name));
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  [[nodiscard]] Names slice(const Names& names, std::size_t first) const {
    const auto begin = names.begin() + static_cast<std::ptrdiff_t>(first);
    const std::size_t count = std::min(shape_.batch, names.size() - first);
    return {begin, begin + static_cast<std::ptrdiff_t>(count)};
  }

  [[nodiscard]] std::vector<std::string> claim(const Names& batch) const {
    std::vector<std::string> texts;
    for (const std::string& name : batch) {
      move_new(name, pending_, processing_);
      texts.push_back(read_file(processing_, name));
    }
    return texts;
  }

  void perform(const std::vector<std::string>& texts) const {
    execute(database_.get(), "BEGIN IMMEDIATE");
    for (const std::string& text : texts) execute(database_.get(), sql_in(text));
    execute(database_.get(), "COMMIT");
  }

  void acknowledge(const Names& batch) const {
    for (const std::string& name : batch) move_new(name, processing_, completed_);
  }

  void give(std::vector<std::string> texts) {
    const std::lock_guard<std::mutex> lock{mutex_};
    given_.push_back(std::move(texts));
    changed_.notify_all();
  }

  void wait_for_commits(std::size_t commits) {
    std::unique_lock<std::mutex> lock{mutex_};
    changed_.wait(lock, [&] { return commits_ >= commits; });
  }

  // Until a batch of nothing.
  void commit_what_comes() {
    for (;;) {
      std::unique_lock<std::mutex> lock{mutex_};
      changed_.wait(lock, [&] { return !given_.empty(); });
      const std::vector<std::string> texts = std::move(given_.front());
      given_.pop_front();
      lock.unlock();
      if (texts.empty()) return;
      perform(texts);
      lock.lock();
      ++commits_;
      changed_.notify_all();
    }
  }

  static std::string sql_in(const std::string& text) {
    constexpr std::string_view before = "\"sql\":\"";
    const std::size_t begin = text.find(before) + before.size();
    return text.substr(begin, text.find('"', begin) - begin);
  }

  DrainShape shape_;
  UniqueFd pending_;
  UniqueFd processing_;
  UniqueFd completed_;
  Database database_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::vector<std::string>> given_;
  std::size_t commits_ = 0;
};

}  // namespace

ScratchQueue filled_queue(const std::string& parent, const std::string& name, std::size_t entries,
                          const DrainShape& shape) {
  const std::string backend = "batch: " + std::to_string(shape.batch) +
                              ", synchronous: " + std::string(shape.full ? "full" : "normal");
  ScratchQueue queue{parent, name, ScratchQueue::WithDatabase::yes, backend};
  queue.fill(entries, shape.work ? note_entry : no_op_entry);
  return queue;
}

Done done_in(const ScratchQueue& queue) {
  const auto rows = query_number(open_database(queue.database()).get(), "SELECT count(*) FROM notes");
  return {static_cast<std::size_t>(rows), count_files(queue.path() + "/completed")};
}

void check_done(const ScratchQueue& queue, std::size_t entries, const DrainShape& shape, const Done& before) {
  const Done now = done_in(queue);
  require(now.rows == before.rows + (shape.work ? entries : 0), queue.path() + ": rows are missing");
  require(now.completed == before.completed + entries, queue.path() + ": entries are not completed");
}

double spoold_drain_rate(const ScratchQueue& queue, std::size_t entries, double start_up,
                         const DrainShape& shape, const Done& before) {
  const double seconds = seconds_of_run(queue) - start_up;
  check_done(queue, entries, shape, before);
  return static_cast<double>(entries) / seconds;
}

double floor_drain_rate(const ScratchQueue& queue, std::size_t entries, const DrainShape& shape,
                        FloorThreads threads) {
  const Stopwatch watch;
  FloorDrain floor{queue, shape};
  if (threads == FloorThreads::one) {
    static_cast<void>(floor.run(entries));
  } else {
    floor.run_in_two_threads();
  }
  const double seconds = watch.seconds();
  check_done(queue, entries, shape);
  return static_cast<double>(entries) / seconds;
}

double floor_claim_rate(const ScratchQueue& queue, std::size_t count) {
  return static_cast<double>(count) / FloorDrain{queue, DrainShape{}}.run(count);
}

}  // namespace spoold::bench
