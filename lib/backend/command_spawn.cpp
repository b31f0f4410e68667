#include "backend/command_spawn.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/error.hpp"

namespace spoold {

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

// Makes of a child what a program is promised to find, and of that the program. The child works in our
// memory, beside our other threads: nothing here may allocate or take a lock, or change more of it than errno
// and these answers.
class Child {
 public:
  struct Streams {
    int input, output, errors;
  };
  struct Program {
    const char* path;
    char* const* arguments;
    char* const* environment;
  };
  Child(Program program, Streams streams, int directory, mode_t umask)
      : program_(program), streams_(streams), directory_(directory), umask_(umask), parent_(::getpid()) {}

  // Runs in the child. (Before an _exit() AddressSanitizer looks for the thread of this stack, and warns.)
  [[noreturn, gnu::no_sanitize_address]] void become_program() {
    prepared_ = prepare();
    if (prepared_) ::execve(program_.path, program_.arguments, program_.environment);
    failure_ = errno;
    ::_exit(could_not_execute);
  }

  // For the parent, once the child executes or is gone. Neither failed nor prepared: somebody killed it.
  [[nodiscard]] bool prepared() const { return prepared_; }
  [[nodiscard]] int failure() const { return failure_; }  // an errno: of the exec, if it was prepared

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

  Program program_;
  Streams streams_;
  int directory_;
  mode_t umask_;
  pid_t parent_;
  bool prepared_ = false;
  int failure_ = 0;
};

[[gnu::no_sanitize_address]] int run_child(void* child) {
  static_cast<Child*>(child)->become_program();
}

// What the child's few functions stand on; our own stack is in use until it executes. Below it lies what
// nobody may touch, so that one that grows too far ends the child, and changes nothing of ours.
class ChildStack {
 public:
  ChildStack()
      : memory_(
            ::mmap(nullptr, guard_bytes + bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)),
        usable_(memory_ != MAP_FAILED && ::mprotect(bottom(), bytes, PROT_READ | PROT_WRITE) == 0) {}
  ChildStack(const ChildStack&) = delete;
  ChildStack& operator=(const ChildStack&) = delete;
  ~ChildStack() {
    if (memory_ != MAP_FAILED) ::munmap(memory_, guard_bytes + bytes);
  }

  [[nodiscard]] bool usable() const { return usable_; }         // else errno says why
  [[nodiscard]] void* top() const { return bottom() + bytes; }  // it grows downwards

 private:
  static constexpr std::size_t bytes = 64UL * 1024;        // of whole pages, whatever their size here
  static constexpr std::size_t guard_bytes = 64UL * 1024;  // likewise
  [[nodiscard]] char* bottom() const { return static_cast<char*>(memory_) + guard_bytes; }

  void* memory_;
  bool usable_;
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

// For execve(2). `first`: one more in front, if any.
std::vector<char*> pointers(const std::string* first, const std::vector<std::string>& texts) {
  const auto pointer = [](const std::string& text) {
    return const_cast<char*>(text.c_str());  // NOLINT(*-const-cast): it changes none of them
  };
  std::vector<char*> result;
  result.reserve(texts.size() + 2);
  if (first != nullptr) result.push_back(pointer(*first));
  for (const std::string& text : texts) result.push_back(pointer(text));
  result.push_back(nullptr);
  return result;
}

// Of a child that is at its end. Signals do interrupt this: our handlers are there without SA_RESTART.
void reap(pid_t child) {
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// Returns when the child executes, or is gone. The pidfd comes with the child: where no descriptor is left
// for it nothing is begun.
std::optional<SpawnFault> launch(const CommandOptions& options, Child& child, SpawnedCommand& command) {
  const ChildStack stack;
  if (!stack.usable()) return fault_of(errno, false, options);
  int number = 0;
  int pidfd = -1;
  command.start->begin();
  {
    const SignalsHeldBack held_back;
    constexpr int how = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_CHILD_SETTID | SIGCHLD;
    command.pid = ::clone(run_child, stack.top(), how, &child, &pidfd, nullptr, command.start->child());
    number = errno;
  }
  if (command.pid < 0) {
    command.start->forget();
    return fault_of(number, false, options);
  }
  command.pidfd = UniqueFd{pidfd};
  if (child.prepared() && child.failure() == 0) return std::nullopt;
  reap(command.release());
  command.start->forget();
  return fault_of(child.failure() != 0 ? child.failure() : EINTR, child.prepared(), options);
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

SpawnedCommand& SpawnedCommand::operator=(SpawnedCommand&& other) noexcept {
  if (this == &other) return *this;
  end();
  pid = other.release();
  start = std::move(other.start);
  pidfd = std::move(other.pidfd);
  input = std::move(other.input);
  output = std::move(other.output);
  errors = std::move(other.errors);
  return *this;
}

void SpawnedCommand::end() {
  if (pid <= 0) return;
  ::kill(-pid, SIGKILL);
  reap(pid);
  pid = -1;
}

std::variant<SpawnedCommand, SpawnFault> spawn_command(const CommandOptions& options,
                                                       const CommandInvocation& invocation,
                                                       std::shared_ptr<CommandStart> start) {
  SpawnedCommand command;
  command.start = std::move(start);
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

  const std::vector<char*> arguments = pointers(&options.program, invocation.arguments);
  const std::vector<char*> environment = pointers(nullptr, invocation.environment);
  Child child{{options.program.c_str(), arguments.data(), environment.data()},
              {input->get(), output->write.get(), errors->write.get()},
              directory->get(),
              options.umask};
  if (auto fault = launch(options, child, command)) return std::move(*fault);
  return command;
}

}  // namespace spoold
