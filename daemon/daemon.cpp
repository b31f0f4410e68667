#include "daemon/daemon.hpp"

#include <sysexits.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "backend/command_reaper.hpp"
#include "base/run_on.hpp"
#include "daemon/configuration.hpp"
#include "daemon/control.hpp"
#include "daemon/housekeeping.hpp"
#include "daemon/lanes.hpp"
#include "daemon/signals.hpp"
#include "daemon/supervision.hpp"
#include "os/file_lock.hpp"
#include "os/posix_file_system.hpp"
#include "os/storage_doubt.hpp"
#include "store/recovery.hpp"
#include "watch/inotify_watcher.hpp"
#include "watch/poll_watcher.hpp"
#include "worker/stats_file.hpp"
#include "worker/worker.hpp"

namespace spoold {

namespace asio = boost::asio;

namespace {

// The worker calls for polling where inotify is not to be had.
Result<std::unique_ptr<Watcher>> open_watcher(FileSystem& files, const QueueLayout& layout,
                                              const WorkerOptions& options, Log& log) {
  const WatchedPaths paths{layout.path(), layout.path_of(State::pending), layout.path_of(State::deferred)};
  if (options.watch != WatchMode::poll) {
    auto watcher = InotifyWatcher::open(paths);
    if (watcher) return std::unique_ptr<Watcher>{std::move(*watcher)};
    if (options.watch == WatchMode::inotify) return watcher.error();
    log.write(event::WatchFallback{watcher.error().message()});
  }
  return std::unique_ptr<Watcher>{std::make_unique<PollWatcher>(files, paths, options.poll_interval)};
}

int exit_status(const WorkerEnd& end) {
  switch (end.why) {
    case WorkerEnd::Why::idle:
    case WorkerEnd::Why::stopped:
      return EX_OK;
    case WorkerEnd::Why::blocked:
      return EX_UNAVAILABLE;
    case WorkerEnd::Why::gone:
      return EX_IOERR;
  }
  return EX_SOFTWARE;
}

asio::awaitable<void> run_to_end(Worker& worker, WorkerEnd& end, asio::io_context& loop) {
  end = co_await worker.run();
  loop.stop();  // also where an attempt did not end in time: its entry is recovered at the next start
}

// What is open before the worker begins.
struct OpenQueue {
  PosixFileSystem& files;
  const QueueLayout& layout;
  DirectoryStore& store;
  const Clock& clock;
  std::unique_ptr<Watcher> watcher;
  RecoveryReport recovered;
  std::optional<Directory> archive;
};

bool runs_commands(const Config& config) {
  return std::any_of(config.backends.begin(), config.backends.end(), [](const BackendConfig& backend) {
    return std::holds_alternative<CommandOptions>(backend.options);
  });
}

// What commands of a daemon that died still run is ended before their entries may run again: those that it
// held, and those that a person has taken from there since. The look at all processes is not made for
// nothing.
std::optional<Error> end_leftovers(DirectoryStore& store, const Config& config) {
  constexpr auto limit = std::chrono::seconds{10};
  const Result<std::uint64_t> held = store.count(State::processing);
  if (!held) return held.error();
  if (*held == 0 && !runs_commands(config)) return std::nullopt;
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const std::vector<pid_t> dying = CommandReaper::of_this_process().kill_leftovers(config.queue_directory);
    if (dying.empty()) return std::nullopt;
    if (std::chrono::steady_clock::now() > deadline) {
      return Error{ErrorKind::busy,
                   "process " + std::to_string(dying.front()) +
                       " of an earlier spoold does not die, and its entry must not run twice at once"};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

// Without it the daemon works as well; what is over is kept.
std::optional<Directory> open_archive_or_tell(FileSystem& files, const QueueLayout& layout, Log& log) {
  const auto archive = open_archive(files, layout);
  if (archive) return *archive;
  log.write(Severity::warning, "nothing is archived: " + archive.error().message());
  return std::nullopt;
}

void tell(const RecoveryReport& recovered, const EventBus& events) {
  if (recovered.returned.empty() && recovered.failed.empty()) return;
  events.publish(event::Recovered{recovered.returned.size(), recovered.failed.size()});
}

// SIGHUP: a good file takes effect, a bad one is told and changes nothing.
void reload(Worker& worker, Housekeeping& housekeeping, LaneFactory& factory, const Config& at_start,
            const Arguments& arguments, Log& log) {
  const auto config = read_configuration(arguments);
  if (!config)
    return log.write(Severity::error, config.error().message() + "; the old configuration stays in force");
  if (config->queue_directory != at_start.queue_directory) {
    return log.write(Severity::error, config->file +
                                          ": queue.directory cannot be changed while the daemon runs; the "
                                          "old configuration stays in force");
  }
  worker.reconfigure(factory.make(*config), make_router(*config), config->worker);
  housekeeping.reconfigure(*config);
  log.write(Severity::notice, "configuration read again from " + config->file);
}

// Runs the worker on an event loop of its own, with a thread for the store.
WorkerEnd run_worker(OpenQueue queue, const Config& config, const Arguments& arguments, EventBus& events,
                     Log& log, Notifier& notifier) {
  asio::io_context loop{1};
  asio::thread_pool store_thread{1};
  const WorkerContext context{loop.get_executor(),
                              store_thread.get_executor(),
                              queue.files,
                              queue.layout,
                              queue.store,
                              queue.clock,
                              events};
  LaneFactory factory{loop.get_executor(), queue.clock};
  Worker worker{context,
                factory.make(config),
                make_router(config),
                std::move(queue.watcher),
                config.worker,
                Worker::Limits{arguments.mode, arguments.entries_max},
                read_totals(queue.files, queue.layout)};
  Housekeeping housekeeping{loop.get_executor(),
                            store_thread.get_executor(),
                            queue.files,
                            queue.layout,
                            queue.archive,
                            queue.clock,
                            log,
                            config};
  worker.observe([&housekeeping](std::uint64_t waiting) { housekeeping.note_waiting(waiting); });
  events.subscribe([&](const Event& event) {
    worker.count(event);
    housekeeping.note_event();
  });
  tell_service_manager(notifier, events, worker);
  auto on_status = [&](const std::string& line) {
    notifier.status(line);
    log.write_sums();
  };
  worker.tell({.status = on_status, .ending = [&notifier] { notifier.stopping(); }});
  Control control{context, worker, log};
  control.take_pauses();
  control.listen();
  tell(queue.recovered, events);

  asio::signal_set signals{loop, SIGTERM, SIGINT, SIGHUP};
  SignalActions actions{.stop =
                            [&](const char* name) {
                              worker.stop(name);
                              limit_time_to_end(worker.time_to_end());
                            },
                        .reload =
                            [&] {
                              notifier.reloading();
                              reload(worker, housekeeping, factory, config, arguments, log);
                              notifier.ready();
                            }};
  spawn(loop.get_executor(), obey_signals(signals, std::move(actions)));
  if (const auto interval = watchdog_interval()) {
    spawn(loop.get_executor(), feed_watchdog(notifier, *interval, store_thread.get_executor()));
  }
  WorkerEnd end;
  spawn(loop.get_executor(), run_to_end(worker, end, loop));
  housekeeping.start();
  loop.run();
  store_thread.join();
  housekeeping.finish();
  return end;
}

}  // namespace

int run_daemon(const Config& config, const Arguments& arguments, Log& log) {
  Notifier notifier;
  const auto refuse = [&](const Error& error, int status) {
    log.write(Severity::error, error.message());
    notifier.status(error.message());
    return status;
  };
  std::signal(SIGPIPE, SIG_IGN);
  SystemClock clock;
  PosixFileSystem files;
  auto layout = QueueLayout::open(files, config.queue_directory);
  if (!layout) return refuse(layout.error(), EX_IOERR);
  auto lock = FileLock::take(layout->queue().handle, lock_name);
  if (!lock) {
    Error error = lock.error();
    error.context = config.queue_directory + ": " + error.context;
    return refuse(error, error.kind == ErrorKind::busy ? EX_TEMPFAIL : EX_IOERR);
  }
  if (const std::string doubt = storage_doubt(layout->queue().handle); !doubt.empty()) {
    log.write(Severity::warning, "the queue is not as safe as it should be: " + doubt);
  }
  auto sequence = Sequence::open(layout->queue(), clock, config.group_may_enqueue ? 0660 : 0600);
  if (!sequence) return refuse(sequence.error(), EX_IOERR);
  // Before the first scan and before recovery, so that nothing that comes meanwhile is missed.
  auto watcher = open_watcher(files, *layout, config.worker, log);
  if (!watcher) return refuse(watcher.error(), EX_IOERR);

  EventBus events;
  events.subscribe([&log](const Event& event) { log.write(event); });
  const RecoveryOptions recovery{.crashes_max = config.worker.crashes_max,
                                 .progress = start_extension(notifier)};
  DirectoryStore store{files, *layout, *sequence, clock, config.store};
  if (const auto error = end_leftovers(store, config)) {
    return refuse(*error, error->kind == ErrorKind::busy ? EX_TEMPFAIL : EX_IOERR);
  }
  auto recovered = recover(files, *layout, clock, recovery);
  if (!recovered) return refuse(recovered.error(), EX_IOERR);
  OpenQueue queue{files,
                  *layout,
                  store,
                  clock,
                  std::move(*watcher),
                  std::move(*recovered),
                  open_archive_or_tell(files, *layout, log)};
  const WorkerEnd end = run_worker(std::move(queue), config, arguments, events, log, notifier);
  if (end.why == WorkerEnd::Why::gone) log.write(Severity::error, end.reason);
  return exit_status(end);
}

}  // namespace spoold
