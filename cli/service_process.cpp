#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <thread>

#include "config/config.hpp"
#include "daemon_report.hpp"
#include "exit_status.hpp"
#include "log_file.hpp"
#include "moments.hpp"
#include "owner_identity.hpp"
#include "queue_view.hpp"
#include "service.hpp"
#include "terminal.hpp"
#include "verb.hpp"

// glibc 2.36 forgets to say so itself.
extern "C" {
#include <sys/pidfd.h>
}

namespace spoold {

namespace {

using namespace std::chrono_literals;

constexpr auto look_interval = 10ms;
constexpr auto start_limit = std::chrono::minutes{2};
constexpr std::size_t last_words = 10;

// The daemon that was built and installed with this program, else the one in PATH.
std::string find_spoold() {
  std::error_code ignored;
  const auto beside = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "spoold";
  return ::access(beside.c_str(), X_OK) == 0 ? beside.string() : "spoold";
}

std::vector<std::string> command_line(const Session& session) {
  std::vector<std::string> command{find_spoold()};
  if (!session.config->file.empty()) {
    command.insert(command.end(), {"--config", std::filesystem::absolute(session.config->file)});
  }
  command.insert(command.end(), {"--queue", std::filesystem::absolute(session.queue_path)});
  return command;
}

// In the child, where only system calls are made: its own session, no terminal, the log for both outputs.
[[noreturn]] void become_daemon(int log, const std::vector<char*>& arguments) {
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDWR);
  if (nothing < 0 || ::dup2(nothing, 0) < 0 || ::dup2(log, 1) < 0 || ::dup2(log, 2) < 0 ||
      ::chdir("/") != 0) {
    ::_exit(exit_status::io);
  }
  ::close_range(3, ~0U, 0);
  for (const int number : {SIGPIPE, SIGINT, SIGQUIT, SIGTERM, SIGHUP}) ::signal(number, SIG_DFL);
  ::execvp(arguments.front(), arguments.data());
  const char text[] = "spoolctl: cannot run spoold: it is neither beside spoolctl nor in PATH\n";
  [[maybe_unused]] const ssize_t written = ::write(2, text, sizeof text - 1);
  ::_exit(127);
}

Result<pid_t> spawn_daemon(const Session& session, Directory queue) {
  const UniqueFd log{::openat(queue.handle, worker_log_name,
                              O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600)};
  if (!log) return system_error(errno, "open", session.queue_path + "/" + worker_log_name);
  std::vector<std::string> command = command_line(session);
  std::vector<char*> arguments;
  for (auto& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  std::cout.flush();
  const pid_t pid = ::fork();
  if (pid < 0) return system_error(errno, "start", command.front());
  if (pid == 0) become_daemon(log.get(), arguments);
  return pid;
}

// The daemon has taken in what there is, and has said so.
bool is_ready(Session& session, const QueueView& view, pid_t pid) {
  const auto holder = daemon_pid(view);
  if (!holder || *holder != pid) return false;
  const auto report = read_daemon_report(session, view);
  return report && *report && (*report)->document.value("pid", Json()) == Json(pid) &&
         (*report)->state != "stopped";
}

Result<int> explain_end(Session& session, const QueueView& view, int raw) {
  const int status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
  const auto lines = last_lines(view.queue(), last_words);
  if (lines) {
    for (const auto& line : *lines) std::cerr << line << "\n";
  }
  return fail(status == 0 ? exit_status::io : status, "spoold ended at once, with status " +
                                                          std::to_string(status) + "; above is the end of " +
                                                          session.queue_path + "/" + worker_log_name);
}

Result<void> write_pid(Session& session, const QueueLayout& layout, pid_t pid) {
  constexpr const char* staged = "worker.pid.new";
  static_cast<void>(session.files.remove(layout.staging(), staged));
  SPOOLD_TRY(session.files.write_new(layout.staging(), staged, std::to_string(pid) + "\n", 0600,
                                     Durability::unsynced));
  return session.files.rename_over(layout.staging(), staged, layout.queue(), worker_pid_name);
}

Result<int> wait_until_ready(Session& session, const QueueView& view, pid_t pid) {
  const MonotonicTime deadline = session.clock.monotonic_now() + start_limit;
  for (;;) {
    if (is_ready(session, view, pid)) {
      std::cout << "started spoold, pid " << pid << "; its log: spoolctl logs\n";
      return exit_status::done;
    }
    int raw = 0;
    if (::waitpid(pid, &raw, WNOHANG) == pid) {
      // It may have done all there was to do, and have ended as it should.
      if (WIFEXITED(raw) && WEXITSTATUS(raw) == 0) {
        std::cout << "spoold ran and ended: there was nothing to do\n";
        return exit_status::done;
      }
      return explain_end(session, view, raw);
    }
    if (session.clock.monotonic_now() > deadline) {
      return fail(exit_status::try_later, "spoold, pid " + std::to_string(pid) +
                                              ", is not ready after two minutes; see 'spoolctl logs'");
    }
    std::this_thread::sleep_for(look_interval);
  }
}

bool ends_by(int pidfd, MonotonicTime deadline, MonotonicTime now) {
  pollfd wait{pidfd, POLLIN, 0};
  const auto left = std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - now), 0ms);
  return ::poll(&wait, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 1000))) > 0;
}

Result<int> wait_until_ended(Session& session, const QueueView& view, int pidfd, pid_t pid,
                             std::chrono::nanoseconds timeout) {
  const bool shown = Terminal::of(2).is_terminal();
  const MonotonicTime began = session.clock.monotonic_now();
  while (!ends_by(pidfd, began + timeout, session.clock.monotonic_now())) {
    const auto waited = session.clock.monotonic_now() - began;
    if (shown)
      std::cerr << "\rwaiting for what runs to end, " << format_age(waited) << "\x1b[K" << std::flush;
    if (waited < timeout) continue;
    if (shown) std::cerr << "\n";
    return fail(exit_status::try_later, "spoold, pid " + std::to_string(pid) + ", is still stopping after " +
                                            format_age(timeout) + "; it ends when its work does");
  }
  if (shown) std::cerr << "\r\x1b[K" << std::flush;
  const auto content = session.files.read(view.queue(), worker_pid_name, 64);
  if (content && content->bytes == std::to_string(pid) + "\n") {
    static_cast<void>(session.files.remove(view.queue(), worker_pid_name));
  }
  std::cout << "stopped spoold, pid " << pid << "\n";
  return exit_status::done;
}

}  // namespace

Result<int> start_process(Session& session) {
  SPOOLD_TRY(become_owner(session));
  const auto layout = QueueLayout::open_for_operator(session.files, session.queue_path);
  if (!layout) return session.explain_open(layout.error());
  auto view = QueueView::open(session);
  if (!view) return view.error();
  const auto holder = daemon_pid(*view);
  if (!holder) return session.explain_open(holder.error());
  if (*holder != 0) {
    std::cout << "spoold is running already, pid " << *holder << "\n";
    return exit_status::done;
  }
  if (const auto fits = session.check_daemon_config(); !fits) {
    return fail(exit_status::usage, fits.error().message());
  }
  const auto pid = spawn_daemon(session, view->queue());
  if (!pid) return pid.error();
  if (const auto written = write_pid(session, *layout, *pid); !written) complain(written.error().message());
  return wait_until_ready(session, *view, *pid);
}

Result<int> stop_process(Session& session, std::chrono::nanoseconds timeout) {
  auto view = QueueView::open(session);
  if (!view) return view.error();
  const auto holder = daemon_pid(*view);
  if (!holder) return session.explain_open(holder.error());
  if (*holder == 0) {
    std::cout << "no spoold is running\n";
    return exit_status::done;
  }
  if (*holder < 0)
    return Error{ErrorKind::io, "a daemon holds the queue, but could not write its pid: stop it by hand"};
  // Held by its descriptor, the process cannot become another; that it still has the lock makes it the
  // daemon.
  const UniqueFd process{::pidfd_open(*holder, 0)};
  if (!process && errno != ESRCH) return system_error(errno, "open process", std::to_string(*holder));
  const auto still = daemon_pid(*view);
  if (!still) return session.explain_open(still.error());
  if (!process || *still != *holder) {
    return Error{ErrorKind::busy, "the daemon changed just now; try again"};
  }
  if (::pidfd_send_signal(process.get(), SIGTERM, nullptr, 0) != 0) {
    return system_error(errno, "stop", "spoold, pid " + std::to_string(*holder));
  }
  return wait_until_ended(session, *view, process.get(), *holder, timeout);
}

}  // namespace spoold
