// Wake-up: from the rename that shows an entry to its claim, and to its row being visible in the database, on
// an idle running daemon; beside a thread that sleeps in inotify, claims and inserts.

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include "bench/arrivals.hpp"
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
      : queue_(queue),
        claimed_(queue.path() + "/processing"),
        database_(open_database(queue.database())),
        row_(nullptr, ::sqlite3_finalize) {
    sqlite3_stmt* raw = nullptr;
    ::sqlite3_prepare_v2(database_.get(), "SELECT 1 FROM notes WHERE id=?", -1, &raw, nullptr);
    row_.reset(raw);
    require(raw != nullptr, "cannot prepare on " + queue.database());
  }

  // Milliseconds.
  struct Times {
    double to_claim = 0;
    double to_row = 0;
  };
  Times drop() {
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
    claimed_.wait_for(claimed_.count() + 1);
    const double to_claim = watch.seconds() * 1e3;
    while (!is_there(id)) {
      require(watch.seconds() < std::chrono::duration<double>(time_limit).count(),
              "no row for an entry, see " + queue_.log());
      std::this_thread::sleep_for(look_again);
    }
    return {to_claim, watch.seconds() * 1e3};
  }

 private:
  bool is_there(std::uint64_t id) {
    ::sqlite3_bind_int64(row_.get(), 1, static_cast<std::int64_t>(id));
    const bool found = ::sqlite3_step(row_.get()) == SQLITE_ROW;
    ::sqlite3_reset(row_.get());
    return found;
  }

  const ScratchQueue& queue_;
  Arrivals claimed_;
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
      const UniqueFd fd{::open(processing.c_str(), O_RDONLY | O_NOATIME | O_CLOEXEC)};
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

struct WakeUps {
  Rounds to_claim;
  Rounds to_row;
};

void note(const Dropper::Times& times, std::vector<double>& to_claim, std::vector<double>& to_row) {
  to_claim.push_back(times.to_claim);
  to_row.push_back(times.to_row);
}

WakeUps measure(const Options& options, std::size_t drops) {
  const ScratchQueue for_spoold{options.directory, "wake-up-spoold"};
  const ScratchQueue for_floor{options.directory, "wake-up-floor"};
  Child child{{"--config", for_spoold.config()}, for_spoold.log()};
  FloorWatcher floor{for_floor};
  std::thread floor_thread{[&floor] { floor.run(); }};
  Dropper to_spoold{for_spoold};
  Dropper to_floor{for_floor};
  static_cast<void>(to_spoold.drop());  // the first also waits for the start
  static_cast<void>(to_floor.drop());
  WakeUps found;
  for (std::size_t i = 0; i < drops; ++i) {
    std::this_thread::sleep_for(rest);
    note(to_spoold.drop(), found.to_claim.spoold, found.to_row.spoold);
    std::this_thread::sleep_for(rest);
    note(to_floor.drop(), found.to_claim.floor, found.to_row.floor);
  }
  child.stop();
  require(::close(::creat((for_floor.path() + "/.tmp/stop").c_str(), 0600)) == 0 &&
              ::rename((for_floor.path() + "/.tmp/stop").c_str(),
                       (for_floor.path() + "/pending/stop").c_str()) == 0,
          "cannot stop the floor program");
  floor_thread.join();
  return found;
}

Figure at_percentile(const Rounds& rounds, double share, std::string name, std::string what,
                     std::string aim = {}) {
  const double spoold = percentile(rounds.spoold, share);
  const double floor = percentile(rounds.floor, share);
  return Figure{.name = std::move(name),
                .what = std::move(what),
                .unit = "ms",
                .value = spoold,
                .floor = floor,
                .ratio = spoold / floor,
                .aim = std::move(aim)};
}

}  // namespace
}  // namespace spoold::bench

int main(int argc, char** argv) {
  using namespace spoold::bench;
  const Options options = read_options(argc, argv);
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // nanosecond, so that short sleeps are short
  const WakeUps found = measure(options, std::clamp<std::size_t>(options.entries / 50, 50, 400));
  report(
      at_percentile(found.to_claim, 0.5, "claim_p50", "file shown to claimed, idle daemon, median", "<= 2"));
  report(at_percentile(found.to_claim, 0.99, "claim_p99", "file shown to claimed, idle daemon, p99", "<= 2"));
  report(at_percentile(found.to_row, 0.5, "wake_up_p50", "file shown to row visible, idle daemon, median"));
  report(at_percentile(found.to_row, 0.99, "wake_up_p99", "file shown to row visible, idle daemon, p99"));
}
