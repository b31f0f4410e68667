#include "backend/command_spawn.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

// Process v2 takes std::filesystem with this, and includes less than it uses.
#define BOOST_PROCESS_USE_STD_FS 1
#include <boost/asio/detail/throw_error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/optional.hpp>
#include <boost/process/v2/posix/default_launcher.hpp>
#include <boost/process/v2/process.hpp>

#include "base/error.hpp"

namespace spoold {

namespace process = boost::process::v2;
using boost::system::error_code;

namespace {

constexpr rlim_t files_max = 1024;  // what programs that use select() can stand
constexpr int could_not_execute = 127;

// Both ends close on exec.
struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error(errno, "make a pipe for", "the program");
  return Pipe{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

void do_not_block(const UniqueFd& fd) {
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

// How far a child got on its way to exec: an errno in memory that it shares with us, since its descriptors
// may be what is wrong. Until it says otherwise it has failed for want of descriptors: that is what may throw
// in it before it comes to our code, and unwinding lets go of us before anything could be said.
class ChildReport {
 public:
  ChildReport()
      : memory_(::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                       -1, 0)) {
    if (usable()) new (memory_) std::atomic<int>{EMFILE};
  }
  ChildReport(const ChildReport&) = delete;
  ChildReport& operator=(const ChildReport&) = delete;
  ~ChildReport() {
    if (usable()) ::munmap(memory_, sizeof(std::atomic<int>));
  }

  [[nodiscard]] bool usable() const { return memory_ != MAP_FAILED; }
  void say(int number) const { *word() = number; }
  [[nodiscard]] int failure() const { return *word(); }

 private:
  [[nodiscard]] std::atomic<int>* word() const { return static_cast<std::atomic<int>*>(memory_); }
  void* memory_;
};

// Makes of the forked child what a program is promised to find. Runs between fork and exec: nothing here may
// allocate or take a lock, since another thread may have held it when the process was copied.
class ChildSetup {
 public:
  struct Streams {
    int input, output, errors;
  };
  ChildSetup(Streams streams, int directory, mode_t umask, const ChildReport& report)
      : streams_(streams), directory_(directory), umask_(umask), report_(report), parent_(::getpid()) {}

  template <class Launcher, class Path, class Arguments>
  error_code on_exec_setup(Launcher&, const Path&, const Arguments&) const {
    report_.say(prepare() ? 0 : errno);
    if (report_.failure() == 0) return {};
    ::_exit(could_not_execute);
  }

  // Process v2 looks for it with other arguments than it calls it with.
  template <class... Anything>
  void on_exec_error(Anything&&...) const {
    ::_exit(could_not_execute);
  }

 private:
  [[nodiscard]] bool prepare() const {
    return take_own_session() && die_with_parent() && reset_signals() && take_streams() && reset_limits() &&
           ::fchdir(directory_) == 0 && (::umask(umask_), true) &&
           ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
  }

  // Also leaves the terminal that the daemon may have.
  static bool take_own_session() { return ::setsid() != -1; }

  // The parent may have died before the kernel was asked; and a set-user-ID program would not be killed.
  [[nodiscard]] bool die_with_parent() const {
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
           ::getppid() == parent_;
  }

  static bool reset_signals() {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) ::sigaction(number, &standard, nullptr);  // not of SIGKILL
    sigset_t none;
    ::sigemptyset(&none);
    return ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
  }

  // A descriptor that is one of 0 to 2 already (the daemon was started without) must not be overwritten
  // before it is used.
  [[nodiscard]] bool take_streams() const {
    const int input = ::fcntl(streams_.input, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const int output = ::fcntl(streams_.output, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const int errors = ::fcntl(streams_.errors, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return input >= 0 && output >= 0 && errors >= 0 && ::dup2(input, STDIN_FILENO) >= 0 &&
           ::dup2(output, STDOUT_FILENO) >= 0 && ::dup2(errors, STDERR_FILENO) >= 0;
  }

  static bool reset_limits() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return false;
    files.rlim_cur = std::min(files_max, files.rlim_max);
    rlimit core{};
    if (::getrlimit(RLIMIT_CORE, &core) != 0) return false;
    core.rlim_cur = 0;
    return ::setrlimit(RLIMIT_NOFILE, &files) == 0 && ::setrlimit(RLIMIT_CORE, &core) == 0;
  }

  Streams streams_;
  int directory_;
  mode_t umask_;
  const ChildReport& report_;
  pid_t parent_;
};

// No signal reaches the child while it still has our handlers: they would speak in our name.
class SignalsHeldBack {
 public:
  SignalsHeldBack() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsHeldBack(const SignalsHeldBack&) = delete;
  SignalsHeldBack& operator=(const SignalsHeldBack&) = delete;
  ~SignalsHeldBack() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

SpawnFault fault_of(int number, bool executing, const CommandOptions& options) {
  if (!executing) return Unavailable{system_error(number, "start", options.program).message(), {}};
  if (number == E2BIG) {
    return reject_unasked("args and environment are longer than the system takes; put data in `stdin` (" +
                          options.program + ")");
  }
  std::string reason = system_error(number, "run", options.program).message();
  if (number == ENOENT) reason += " (it, or the interpreter that its first line names)";
  if (number == ENOEXEC) reason += " (a script needs a first line such as #!/bin/sh)";
  return Unavailable{std::move(reason), {}};
}

Unavailable unavailable(const Error& error) {
  return Unavailable{error.message(), {}};
}

// Starts it with these streams; its number, or why not. The launcher waits for the exec.
std::variant<pid_t, SpawnFault> launch(const CommandOptions& options, const CommandInvocation& invocation,
                                       const ChildSetup& setup, const ChildReport& report) {
  static boost::asio::io_context aside{1};  // never run: see the header
  std::vector<const char*> environment;
  for (const std::string& line : invocation.environment) environment.push_back(line.c_str());
  environment.push_back(nullptr);
  process::posix::default_launcher launcher;
  launcher.env = environment.data();
  const pid_t self = ::getpid();
  const SignalsHeldBack held_back;
  error_code problem;
  try {
    auto child = launcher(aside.get_executor(), problem, std::filesystem::path{options.program},
                          invocation.arguments, setup);
    child.detach();
  } catch (const std::exception&) {  // descriptors that were not to be had, before or after the fork
    if (::getpid() != self) ::_exit(could_not_execute);
    if (launcher.pid > 0) ::kill(-launcher.pid, SIGKILL);
    problem = error_code{EMFILE, boost::system::system_category()};
    report.say(EMFILE);
  }
  if (launcher.pid <= 0) return fault_of(problem.value(), false, options);
  const int unprepared = report.failure();
  if (!problem && unprepared == 0) return launcher.pid;
  ::waitpid(launcher.pid, nullptr, 0);
  return fault_of(unprepared != 0 ? unprepared : problem.value(), unprepared == 0, options);
}

Result<UniqueFd> open_input(const CommandInvocation& invocation, UniqueFd& ours) {
  if (!invocation.input) {
    UniqueFd nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    if (!nothing) return system_error(errno, "open", "/dev/null");
    return nothing;
  }
  auto pipe = make_pipe();
  if (!pipe) return pipe.error();
  ours = std::move(pipe->write);
  do_not_block(ours);
  return std::move(pipe->read);
}

Result<UniqueFd> open_working_directory(const std::string& path) {
  UniqueFd directory{::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!directory) return system_error(errno, "open the working directory", path);
  if (::faccessat(directory.get(), ".", X_OK, AT_EACCESS) != 0)
    return system_error(errno, "enter the working directory", path);
  return directory;
}

}  // namespace

std::variant<SpawnedCommand, SpawnFault> spawn_command(const CommandOptions& options,
                                                       const CommandInvocation& invocation) {
  SpawnedCommand command;
  const auto directory = open_working_directory(options.working_directory);
  if (!directory) return SpawnFault{unavailable(directory.error())};
  const auto input = open_input(invocation, command.input);
  if (!input) return SpawnFault{unavailable(input.error())};
  auto output = make_pipe();
  if (!output) return SpawnFault{unavailable(output.error())};
  auto errors = make_pipe();
  if (!errors) return SpawnFault{unavailable(errors.error())};
  command.output = std::move(output->read);
  command.errors = std::move(errors->read);
  do_not_block(command.output);
  do_not_block(command.errors);

  const ChildReport report;
  if (!report.usable()) return SpawnFault{unavailable(system_error(errno, "start", options.program))};
  const ChildSetup setup{
      {input->get(), output->write.get(), errors->write.get()}, directory->get(), options.umask, report};
  auto launched = launch(options, invocation, setup, report);
  if (auto* const fault = std::get_if<SpawnFault>(&launched)) return std::move(*fault);
  command.pid = std::get<pid_t>(launched);
  command.pidfd = UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, command.pid, 0))};
  if (!command.pidfd) {
    const Error error = system_error(errno, "watch", options.program);
    ::kill(-command.pid, SIGKILL);
    ::waitpid(command.pid, nullptr, 0);
    return SpawnFault{unavailable(error)};
  }
  return command;
}

}  // namespace spoold
