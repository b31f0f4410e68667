#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schedule/deferred_set.hpp"
#include "schedule/waiting_set.hpp"
#include "watch/watcher.hpp"
#include "worker/context.hpp"

namespace spoold {

// Learns which entries there are: from scans, from the watch, from what falls due. Hands the runnable ones
// on. Lives on the loop's thread; the file work is done on the store's.
class Intake {
 public:
  struct Hooks {
    std::function<void(const EntryName& name)> runnable;
    std::function<void(WaitingSet names)> runnable_all;
    std::function<void(std::string file_name, int priority, WallTime modified)> runnable_foreign;
    // Adds what is known to wait already, so that a scan hands on only what is news.
    std::function<void(std::vector<std::uint64_t>& seqs, std::vector<std::string>& foreign)> known;
  };

  Intake(const WorkerContext& context, std::chrono::nanoseconds rescan_interval, Hooks hooks);

  // A name that is in pending/, as far as somebody knows.
  void add_pending(std::string file_name);
  void add_deferred(EntryName name);
  void look_later(Unsettled name);
  void add(Changes changes);
  void ask_rescan() { rescan_asked_ = true; }
  // No back-off is longer than this. What waits for another attempt and is due later than that from now was
  // deferred before the clock stepped back (or by other settings), and is due by then instead.
  void set_wait_max(std::chrono::nanoseconds longest) { wait_max_ = longest; }
  void set_rescan_interval(std::chrono::nanoseconds interval) { rescan_interval_ = interval; }

  // Does what is to be done now: a rescan if asked for or due, foreign names, what falls due, what was
  // half-written. An Error of kind gone: the queue directory is not there any more. Other errors: storage
  // trouble, tried again later.
  [[nodiscard]] boost::asio::awaitable<Result<void>> work();

  // Something is to be done at once / not before this time of either clock.
  [[nodiscard]] bool has_work() const;
  [[nodiscard]] std::optional<WallTime> next_due() const;
  [[nodiscard]] MonotonicTime next_rescan() const { return next_rescan_; }

  [[nodiscard]] std::size_t deferred() const { return deferred_.size(); }
  [[nodiscard]] std::size_t retries() const { return deferred_.retries(); }
  // Half-written files that are looked at again soon.
  [[nodiscard]] std::size_t unsettled() const;

 private:
  struct Known;
  struct Scan;
  [[nodiscard]] boost::asio::awaitable<Result<void>> rescan();
  [[nodiscard]] boost::asio::awaitable<Result<void>> look_at_foreign();
  [[nodiscard]] boost::asio::awaitable<Result<void>> move_due();
  void take_unsettled(WallTime now);
  void watch_clock();
  // On the store's thread.
  Result<Scan> scan(Known known, bool even_if_unchanged, WallTime retries_by);
  Result<void> bring_forward(Scan& found, WallTime retries_by);

  WorkerContext context_;
  std::chrono::nanoseconds rescan_interval_;
  std::chrono::nanoseconds wait_max_ = std::chrono::nanoseconds::max();
  std::chrono::nanoseconds clock_offset_;  // of the wall clock from the monotonic one, when last looked at
  Hooks hooks_;
  DeferredSet deferred_;
  std::vector<std::string> foreign_;            // to be looked at
  std::map<std::string, Unsettled> unsettled_;  // by file name
  bool rescan_asked_ = true;                    // the first scan
  bool lost_ = false;                           // events, since the last scan
  bool scanning_ = false;
  std::vector<EntryName> came_while_scanning_;  // into deferred/
  MonotonicTime next_rescan_{};
  WallTime pending_modified_{};  // as of the last scan, where that tells; store's thread only
  WallTime deferred_modified_{};
};

}  // namespace spoold
