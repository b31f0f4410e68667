// Wake-up: from the rename that shows an entry to its row being visible in the database, on an idle running
// daemon; beside a thread that sleeps in inotify and inserts.

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include "bench/child.hpp"
#include "bench/measure.hpp"
#include "bench/scratch_queue.hpp"
#include "os/unique_fd.hpp"

namespace spoold::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto time_limit = 30s;
constexpr auto rest = 10ms;        // between two entries: the daemon is idle again
constexpr auto look_again = 10us;  // between two looks for the row; asking without a pause would take a core

// Drops entries into a queue and waits for their rows.
class Dropper {
 public:
  explicit Dropper(const ScratchQueue& queue)
      : queue_(queue), database_(open_database(queue.database())), row_(nullptr, ::sqlite3_finalize) {
    sqlite3_stmt* raw = nullptr;
    ::sqlite3_prepare_v2(database_.get(), "SELECT 1 FROM notes WHERE id=?", -1, &raw, nullptr);
    row_.reset(raw);
    require(raw != nullptr, "cannot prepare on " + queue.database());
  }

  // Milliseconds.
  double drop() {
    const std::uint64_t id = ++last_id_;
    const std::string name = format_entry_name(plain_name(id));
    const std::string staged = queue_.path() + "/.tmp/" + name;
    const std::string bytes = note_entry(id);
    {
      const UniqueFd fd{::open(staged.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
      require(fd && ::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
              "cannot write " + staged);
    }
    const Stopwatch watch;
    require(::rename(staged.c_str(), (queue_.path() + "/pending/" + name).c_str()) == 0,
            "cannot rename " + staged);
    while (!is_there(id)) {
      require(watch.seconds() < std::chrono::duration<double>(time_limit).count(),
              "no row for an entry, see " + queue_.log());
      std::this_thread::sleep_for(look_again);
    }
    return watch.seconds() * 1e3;
  }

 private:
  bool is_there(std::uint64_t id) {
    ::sqlite3_bind_int64(row_.get(), 1, static_cast<std::int64_t>(id));
    const bool found = ::sqlite3_step(row_.get()) == SQLITE_ROW;
    ::sqlite3_reset(row_.get());
    return found;
  }

  const ScratchQueue& queue_;
  Database database_;
  std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> row_;
  std::uint64_t last_id_ = 0;
};

// What any program must do that waits for files and keeps them: inotify, one rename, one read, one durable
// insert, one rename.
class FloorWatcher {
 public:
  explicit FloorWatcher(const ScratchQueue& queue)
      : queue_(queue), inotify_{::inotify_init1(IN_CLOEXEC)}, database_(open_database(queue.database())) {
    require(inotify_ &&
                ::inotify_add_watch(inotify_.get(), (queue.path() + "/pending").c_str(), IN_MOVED_TO) >= 0,
            "cannot watch " + queue.path());
  }

  // Until a file named "stop" comes.
  void run() {
    alignas(inotify_event) std::array<char, 4096> buffer{};
    for (;;) {
      const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
      require(size > 0, "cannot read events");
      for (ssize_t at = 0; at < size;) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
        const std::string name{static_cast<const char*>(event->name)};
        if (name == "stop") return;
        take_in(name);
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      }
    }
  }

 private:
  void take_in(const std::string& name) {
    const std::string processing = queue_.path() + "/processing/" + name;
    require(::rename((queue_.path() + "/pending/" + name).c_str(), processing.c_str()) == 0, "cannot claim");
    std::array<char, 4096> bytes{};
    {
      const UniqueFd fd{::open(processing.c_str(), O_RDONLY | O_CLOEXEC)};
      require(::read(fd.get(), bytes.data(), bytes.size() - 1) > 0, "cannot read " + name);
    }
    const std::string text{bytes.data()};
    const std::size_t begin = text.find("\"sql\":\"") + 7;
    execute(database_.get(), text.substr(begin, text.find('"', begin) - begin));
    require(::rename(processing.c_str(), (queue_.path() + "/completed/" + name).c_str()) == 0, "cannot ack");
  }

  const ScratchQueue& queue_;
  UniqueFd inotify_;
  Database database_;
};

Rounds measure(const Options& options, std::size_t drops) {
  const ScratchQueue for_spoold{options.directory, "wake-up-spoold"};
  const ScratchQueue for_floor{options.directory, "wake-up-floor"};
  Child child{{"--config", for_spoold.config()}, for_spoold.log()};
  FloorWatcher floor{for_floor};
  std::thread floor_thread{[&floor] { floor.run(); }};
  Dropper to_spoold{for_spoold};
  Dropper to_floor{for_floor};
  static_cast<void>(to_spoold.drop());  // the first also waits for the start
  static_cast<void>(to_floor.drop());
  Rounds rounds;
  for (std::size_t i = 0; i < drops; ++i) {
    std::this_thread::sleep_for(rest);
    rounds.spoold.push_back(to_spoold.drop());
    std::this_thread::sleep_for(rest);
    rounds.floor.push_back(to_floor.drop());
  }
  child.stop();
  require(::close(::creat((for_floor.path() + "/.tmp/stop").c_str(), 0600)) == 0 &&
              ::rename((for_floor.path() + "/.tmp/stop").c_str(),
                       (for_floor.path() + "/pending/stop").c_str()) == 0,
          "cannot stop the floor program");
  floor_thread.join();
  return rounds;
}

Figure at_percentile(const Rounds& rounds, double share, std::string name, std::string what) {
  const double spoold = percentile(rounds.spoold, share);
  const double floor = percentile(rounds.floor, share);
  return Figure{.name = std::move(name),
                .what = std::move(what),
                .unit = "ms",
                .value = spoold,
                .floor = floor,
                .ratio = spoold / floor};
}

}  // namespace
}  // namespace spoold::bench

int main(int argc, char** argv) {
  using namespace spoold::bench;
  const Options options = read_options(argc, argv);
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // nanosecond, so that short sleeps are short
  const Rounds rounds = measure(options, std::clamp<std::size_t>(options.entries / 50, 50, 400));
  report(at_percentile(rounds, 0.5, "wake_up_p50", "file shown to row visible, idle daemon, median"));
  report(at_percentile(rounds, 0.99, "wake_up_p99", "file shown to row visible, idle daemon, p99"));
}
