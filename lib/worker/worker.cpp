#include "worker/worker.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/run_on.hpp"
#include "worker/status_line.hpp"

namespace spoold {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto report_interval = 1s;
constexpr auto report_retry = 5s;  // where stats.json could not be written
constexpr auto first_linger = 1s;
constexpr auto first_maintenance = 1min;
constexpr auto maintenance_interval = 1h;
constexpr auto end_reserve = 10s;  // for what hangs in the system, before the process is ended all the same
constexpr auto interrupt_grace = 5s;  // for attempts that were told to end, after shutdown_grace
constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

}  // namespace

Worker::Worker(const WorkerContext& context, std::vector<std::shared_ptr<Lane>> lanes,
               std::shared_ptr<const Router> router, std::unique_ptr<Watcher> watcher,
               const WorkerOptions& options, Limits limits, const Counters& totals)
    : context_(context),
      options_(options),
      limits_(limits),
      watch_(context.loop, std::move(watcher)),
      dispatcher_(context, std::move(lanes), std::move(router), dispatcher_hooks()),
      intake_(context, options.rescan_interval, intake_hooks()),
      totals_(totals),
      timer_(context.loop) {
  dispatcher_.set_ageing(options_.ageing);
  intake_.set_wait_max(dispatcher_.wait_max());
  if (limits_.entries_max) dispatcher_.limit_entries(*limits_.entries_max);
}

Dispatcher::Hooks Worker::dispatcher_hooks() {
  return {.look_again = [this](std::string name) { intake_.add_pending(std::move(name)); },
          .look_later = [this](Unsettled name) { intake_.look_later(std::move(name)); },
          .put_off = [this](EntryName name) { intake_.add_deferred(std::move(name)); },
          .changed = [this] { wake(); }};
}

Intake::Hooks Worker::intake_hooks() {
  return {.runnable = [this](const EntryName& name) { dispatcher_.add(name); },
          .runnable_all = [this](WaitingSet names) { dispatcher_.add_all(std::move(names)); },
          .runnable_foreign =
              [this](std::string name, int priority, WallTime modified) {
                dispatcher_.add_foreign(std::move(name), priority, modified);
              },
          .known = [this](auto& seqs, auto& foreign) { dispatcher_.collect_known(seqs, foreign); }};
}

void Worker::wake() {
  dirty_ = true;
  woken_ = true;
  last_work_ = context_.clock.monotonic_now();
  timer_.cancel();
}

void Worker::stop(const std::string& reason) {
  const MonotonicTime now = context_.clock.monotonic_now();
  if (!stop_reason_) {
    stop_reason_ = reason;
    grace_ends_ = now + options_.shutdown_grace;
    context_.events.publish(event::Stopping{reason});
    dispatcher_.stop_claiming();
  } else {
    grace_ends_ = std::min(grace_ends_, now);
  }
  wake();
}

std::chrono::nanoseconds Worker::time_to_end() const {
  const auto grace = std::max<std::chrono::nanoseconds>(grace_ends_ - context_.clock.monotonic_now(), 0ns);
  return grace + interrupt_grace + end_reserve;
}

void Worker::reconfigure(std::vector<std::shared_ptr<Lane>> lanes, std::shared_ptr<const Router> router,
                         const WorkerOptions& options) {
  options_ = options;
  intake_.set_rescan_interval(options.rescan_interval);
  dispatcher_.set_ageing(options.ageing);
  dispatcher_.reconfigure(std::move(lanes), std::move(router));
  intake_.set_wait_max(dispatcher_.wait_max());
  wake();
}

asio::awaitable<WorkerEnd> Worker::run() {
  const MonotonicTime now = context_.clock.monotonic_now();
  started_at_ = context_.clock.wall_now();
  last_work_ = now;
  next_maintenance_ = now + first_maintenance;
  auto on_changes = [this](Changes changes) {
    if (changes.gone) changes.rescan = true;  // a hint: the scan looks whether all is still there
    intake_.add(std::move(changes));
    wake();
  };
  watch_.start(std::move(on_changes));
  co_await take_in();
  context_.events.publish(event::Started{context_.layout.path(), std::string(watch_.watcher_name()),
                                         dispatcher_.waiting_entries(), intake_.deferred()});

  std::optional<WorkerEnd> end;
  while (!end) {
    co_await take_in();
    if (co_await dispatcher_.route_some()) woken_ = true;
    round_ = context_.clock.monotonic_now();
    co_await dispatcher_.try_storage();
    dispatcher_.pump();
    interrupt_if_overdue();
    end = over();
    if (end && end->why == WorkerEnd::Why::idle) end = co_await confirm(std::move(*end));
    if (!end) {
      co_await write_report(is_idle() ? "idle" : "running");
      observer_(dispatcher_.waiting_entries() + intake_.retries());
      if (maintenance_is_due()) spawn(context_.loop, maintain());
      co_await wait();
    }
  }
  if (tell_.ending) tell_.ending();
  co_await watch_.stop();
  dispatcher_.interrupt();  // a housekeeping under way ends at its next step
  while (maintaining_) {
    timer_.expires_at(asio::steady_timer::time_point::max());
    co_await timer_.async_wait(as_values);
  }
  if (gone_) co_await wait_for_interrupted();
  co_await dispatcher_.let_go_of_held();
  if (dispatcher_.held() > 0) {
    end->reason += "; what the storage did not let be settled is recovered at the next start";
  }
  context_.events.publish(event::Stopped{end->reason, this_run_.completed, this_run_.failed});
  next_report_ = {};
  dirty_ = true;
  co_await write_report("stopped");
  co_return std::move(*end);
}

// Where the queue went away in the middle of the work: no other end comes before what runs. Its threads must
// not tell a loop that is gone.
asio::awaitable<void> Worker::wait_for_interrupted() {
  const MonotonicTime until = context_.clock.monotonic_now() + interrupt_grace;
  while (dispatcher_.running() > 0 && context_.clock.monotonic_now() < until) {
    timer_.expires_at(until);
    co_await timer_.async_wait(as_values);
  }
}

// The last look before the end closes the gap between "nothing to do" and an entry that came just then.
asio::awaitable<std::optional<WorkerEnd>> Worker::confirm(WorkerEnd end) {
  if (limits_.entries_max && dispatcher_.reached_limit()) co_return end;
  intake_.ask_rescan();
  co_await take_in();
  auto again = over();
  if (again && limits_.mode == RunMode::serve && options_.on_demand && co_await would_be_started_again()) {
    again.reset();
  }
  if (!again) woken_ = true;
  co_return again;
}

// Whatever lies in pending/ under a name without a leading dot has systemd start the daemon
// (DirectoryNotEmpty=). The first look at a name may be at an entry that came just now; the second is not.
asio::awaitable<bool> Worker::would_be_started_again() {
  auto look = [this] { return context_.store.find_any_pending(); };
  const auto found = co_await run_on(context_.store_thread, std::move(look));
  if (!found || !*found) {
    lingers_for_.clear();
    co_return false;
  }
  const MonotonicTime now = context_.clock.monotonic_now();
  const std::string name = printable(**found);
  if (name != lingers_for_) {
    lingers_for_ = name;
    told_why_it_lingers_ = false;
    linger_until_ = now + first_linger;
    co_return true;
  }
  if (!std::exchange(told_why_it_lingers_, true)) context_.events.publish(event::Lingering{name});
  linger_until_ = now + std::max(options_.idle_exit, options_.rescan_interval);
  co_return true;
}

asio::awaitable<void> Worker::take_in() {
  if (context_.clock.monotonic_now() < intake_pause_until_) co_return;
  const auto done = co_await intake_.work();
  if (done) {
    if (std::exchange(intake_failed_, false)) dispatcher_.note_storage(std::nullopt);
    co_return;
  }
  if (done.error().kind == ErrorKind::gone) {
    gone_ = done.error().message();
    co_return;
  }
  intake_failed_ = true;
  dispatcher_.note_storage(done.error());
  intake_pause_until_ = dispatcher_.storage().next_look();
}

bool Worker::is_idle() const {
  return dispatcher_.waiting() == 0 && dispatcher_.running() == 0 && dispatcher_.held() == 0 &&
         !intake_.has_work() && intake_.unsettled() == 0;
}

bool Worker::may_leave_deferred() const {
  if (intake_.deferred() == 0) return true;
  if (!options_.on_demand) return false;
  const auto due = intake_.next_due();
  return !due || *due > context_.clock.wall_now() + options_.idle_exit;
}

MonotonicTime Worker::idle_end() const {
  if (options_.idle_exit == 0ns) return MonotonicTime::max();
  return std::max(last_work_ + options_.idle_exit, linger_until_);
}

std::optional<WorkerEnd> Worker::over() {
  using Why = WorkerEnd::Why;
  const MonotonicTime now = context_.clock.monotonic_now();
  if (gone_) return WorkerEnd{Why::gone, *gone_};
  if (stop_reason_) {
    if (dispatcher_.running() == 0) return WorkerEnd{Why::stopped, *stop_reason_};
    if (now >= grace_ends_ + interrupt_grace) {
      return WorkerEnd{Why::stopped,
                       *stop_reason_ + "; what did not end in time is recovered at the next start"};
    }
    return std::nullopt;
  }
  if (dispatcher_.reached_limit()) {
    if (dispatcher_.running() > 0) return std::nullopt;
    return WorkerEnd{Why::idle, "as many entries as asked for are settled"};
  }
  if (limits_.mode == RunMode::serve) {
    if (now < idle_end() || !is_idle() || !may_leave_deferred()) return std::nullopt;
    return WorkerEnd{Why::idle, "idle"};
  }
  if (is_idle() && (limits_.mode == RunMode::once || intake_.deferred() == 0)) {
    return WorkerEnd{Why::idle, "nothing is left to do"};
  }
  if (const auto reason = dispatcher_.blocked_by(); reason && dispatcher_.running() == 0) {
    return WorkerEnd{Why::blocked, *reason};
  }
  return std::nullopt;
}

void Worker::interrupt_if_overdue() {
  if (!stop_reason_ || interrupted_ || context_.clock.monotonic_now() < grace_ends_) return;
  interrupted_ = true;
  dispatcher_.interrupt();
}

void Worker::count(const Event& event) {
  const Counters before = this_run_;
  totals_.count(event);
  this_run_.count(event);
  const std::uint64_t failed = this_run_.failed - before.failed;
  const std::uint64_t processed = this_run_.completed - before.completed + failed;
  if (processed == 0) return;
  const MonotonicTime now = context_.clock.monotonic_now();
  processed_.add(processed, now);
  failed_.add(failed, now);
}

StatsReport Worker::report(const char* state) const {
  return {.state = stop_reason_ && state != std::string_view("stopped") ? "stopping" : state,
          .watcher = std::string(watch_.watcher_name()),
          .started_at = started_at_,
          .updated_at = context_.clock.wall_now(),
          .deferred = intake_.deferred(),
          .totals = totals_,
          .processed_last_minute = processed_.sum(context_.clock.monotonic_now()),
          .failed_last_minute = failed_.sum(context_.clock.monotonic_now())};
}

asio::awaitable<void> Worker::write_report(const char* state) {
  const MonotonicTime now = context_.clock.monotonic_now();
  if (!dirty_ || now < next_report_) co_return;
  dirty_ = false;
  next_report_ = now + report_interval;
  const StatsReport told = report(state);
  if (tell_.status) {
    tell_.status(status_line(told.state, dispatcher_, static_cast<std::size_t>(told.deferred), this_run_));
  }
  auto work = [this, text = format_stats(make_stats(told, dispatcher_, now))] {
    return write_stats(context_.files, context_.layout, text);
  };
  const auto written = co_await run_on(context_.store_thread, std::move(work));
  if (written) co_return;
  // A full disk is told by what it hinders; the report is only tried again.
  dirty_ = true;
  next_report_ = now + report_retry;
}

bool Worker::maintenance_is_due() const {
  return !maintaining_ && !stop_reason_ && context_.clock.monotonic_now() >= next_maintenance_;
}

// Beside the main loop, since it waits for what the databases are doing.
asio::awaitable<void> Worker::maintain() {
  maintaining_ = true;
  next_maintenance_ = context_.clock.monotonic_now() + maintenance_interval;
  // What is below this number has left the queue by now, and the sync after it makes that durable.
  auto work = [this]() -> Result<std::uint64_t> {
    auto oldest = context_.store.oldest_live();
    if (oldest) SPOOLD_TRY(context_.store.sync_all());
    return oldest;
  };
  const auto oldest = co_await run_on(context_.store_thread, std::move(work));
  if (oldest) co_await dispatcher_.maintain(*oldest);
  maintaining_ = false;
  wake();
}

MonotonicTime Worker::next_wake() const {
  const MonotonicTime now = context_.clock.monotonic_now();
  MonotonicTime intake = intake_.next_rescan();
  if (const auto due = intake_.next_due()) {
    intake = std::min(intake, now + std::max(*due - context_.clock.wall_now(), 0ns));
  }
  MonotonicTime next = std::max(intake, intake_pause_until_);
  if (!maintaining_ && !stop_reason_) next = std::min(next, next_maintenance_);
  if (const auto look = dispatcher_.next_look(round_)) next = std::min(next, *look);
  if (dirty_) next = std::min(next, next_report_);
  if (stop_reason_) next = std::min(next, interrupted_ ? grace_ends_ + interrupt_grace : grace_ends_);
  if (limits_.mode == RunMode::serve && is_idle() && may_leave_deferred()) next = std::min(next, idle_end());
  return next;
}

asio::awaitable<void> Worker::wait() {
  const bool work_left = intake_.has_work() && context_.clock.monotonic_now() >= intake_pause_until_;
  if (!std::exchange(woken_, false) && !work_left) {
    timer_.expires_at(next_wake());
    co_await timer_.async_wait(as_values);
    woken_ = false;
  }
}

}  // namespace spoold
