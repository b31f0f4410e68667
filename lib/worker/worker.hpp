#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "event/counters.hpp"
#include "worker/dispatcher.hpp"
#include "worker/intake.hpp"
#include "worker/minute_count.hpp"
#include "worker/options.hpp"
#include "worker/stats_file.hpp"
#include "worker/watch_loop.hpp"

namespace spoold {

// How a worker's life ended.
struct WorkerEnd {
  enum class Why {
    idle,     // nothing to do for idle_exit, or --once, --drain and --max-entries came to their end
    stopped,  // asked to
    blocked,  // --once or --drain: entries wait, and what they wait for is out of order
    gone      // the queue directory is not there any more
  };
  Why why = Why::idle;
  std::string reason;
};

// The worker: watches the queue, keeps what waits in order, runs it, settles it, and ends when idle.
// REQUIRES: the queue's lock is held and processing/ has been recovered. Lives on the loop's thread.
class Worker {
 public:
  struct Limits {
    RunMode mode = RunMode::serve;
    std::optional<std::uint64_t> entries_max;
  };

  // `watcher` was opened before, so that nothing that comes before the first scan is missed; `totals` are
  // those of earlier runs.
  Worker(const WorkerContext& context, std::vector<std::shared_ptr<Lane>> lanes,
         std::shared_ptr<const Router> router, std::unique_ptr<Watcher> watcher, const WorkerOptions& options,
         Limits limits, const Counters& totals);

  // Works until the end.
  [[nodiscard]] boost::asio::awaitable<WorkerEnd> run();

  // Takes no new claims and lets what runs settle, for shutdown_grace; after that, and at a second call,
  // running attempts are made to end early. Only on the loop's thread.
  void stop(const std::string& reason);

  // After stop(): how long the end may take from now on, with some to spare.
  [[nodiscard]] std::chrono::nanoseconds time_to_end() const;

  // Takes another configuration: lanes, routes and options; what runs goes on. Only on the loop's thread.
  void reconfigure(std::vector<std::shared_ptr<Lane>> lanes, std::shared_ptr<const Router> router,
                   const WorkerOptions& options);
  [[nodiscard]] const std::vector<std::shared_ptr<Lane>>& lanes() const { return dispatcher_.lanes(); }

  // Whom the worker tells how it is, on the loop's thread. Either may be empty.
  struct Watched {
    std::function<void(const std::string& line)> status;  // when it changed, at most once a second
    std::function<void()> ending;                         // the last work is done; only the end is left
  };
  void tell(Watched whom) { tell_ = std::move(whom); }

  // Live control; only on the loop's thread.
  void set_pauses(Pauses pauses);
  [[nodiscard]] bool cancel(std::uint64_t seq, const std::string& by) { return dispatcher_.cancel(seq, by); }
  // What stats.json holds, as of now, and what runs.
  [[nodiscard]] Json status() const;
  // Where an entry is: running, waiting, or not known here.
  [[nodiscard]] Json whereabouts(std::uint64_t seq) const;

  // Called whenever something may have changed, with the number of entries that wait: in pending/, and of
  // deferred/ those that have been tried before. Must be quick. Set before run().
  using Observer = std::function<void(std::uint64_t waiting)>;
  void observe(Observer observer) { observer_ = std::move(observer); }

  // Counts an event into the totals; to be subscribed to the bus.
  void count(const Event& event);

 private:
  [[nodiscard]] boost::asio::awaitable<void> take_in();
  [[nodiscard]] boost::asio::awaitable<std::optional<WorkerEnd>> confirm(WorkerEnd end);
  boost::asio::awaitable<void> wait_for_interrupted();
  [[nodiscard]] boost::asio::awaitable<bool> would_be_started_again();
  [[nodiscard]] boost::asio::awaitable<void> write_report(const char* state);
  [[nodiscard]] bool maintenance_is_due() const;
  [[nodiscard]] boost::asio::awaitable<void> maintain();
  [[nodiscard]] boost::asio::awaitable<void> wait();
  [[nodiscard]] std::optional<WorkerEnd> over();
  [[nodiscard]] StatsReport report(const char* state) const;
  void interrupt_if_overdue();
  [[nodiscard]] bool is_idle() const;
  [[nodiscard]] bool may_leave_deferred() const;
  [[nodiscard]] MonotonicTime idle_end() const;
  [[nodiscard]] MonotonicTime next_wake() const;
  [[nodiscard]] Dispatcher::Hooks dispatcher_hooks();
  [[nodiscard]] Intake::Hooks intake_hooks();
  void wake();

  WorkerContext context_;
  Watched tell_;
  Observer observer_ = [](std::uint64_t) {};
  WorkerOptions options_;
  Limits limits_;
  WatchLoop watch_;
  Dispatcher dispatcher_;
  Intake intake_;
  Counters totals_;  // of all runs
  Counters this_run_;
  MinuteCount processed_;
  MinuteCount failed_;
  boost::asio::steady_timer timer_;
  bool woken_ = false;
  bool dirty_ = true;  // something changed since the last report
  WallTime started_at_{};
  MonotonicTime last_work_{};
  MonotonicTime linger_until_{};
  std::string lingers_for_;  // a file name, printable
  bool told_why_it_lingers_ = false;
  MonotonicTime next_report_{};
  MonotonicTime next_maintenance_{};
  MonotonicTime intake_pause_until_{};
  bool intake_failed_ = false;
  std::optional<std::string> stop_reason_;
  MonotonicTime grace_ends_{};
  bool interrupted_ = false;
  bool maintaining_ = false;
  MonotonicTime round_{};  // when the main loop last began to look what may begin
  std::optional<std::string> gone_;
};

}  // namespace spoold
