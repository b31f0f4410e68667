#include "support/run_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace spoold::test {
namespace {

constexpr int pipe_bytes = 1024 * 1024;  // so that a program nobody listens to for a while is not held up

int check(int returned, const char* doing) {
  if (returned < 0) throw std::runtime_error(std::string(doing) + ": " + std::strerror(errno));
  return returned;
}

// The child's standard streams, and our ends of them.
struct Streams {
  UniqueFd child_in, child_out, child_err;
  UniqueFd out, err;
};

UniqueFd file_holding(const std::string& bytes) {
  UniqueFd file(check(::memfd_create("input", MFD_CLOEXEC), "memfd_create"));
  std::size_t written = 0;
  while (written < bytes.size()) {
    const auto count = ::write(file.get(), bytes.data() + written, bytes.size() - written);
    if (count < 0) check(-1, "write");
    written += static_cast<std::size_t>(count);
  }
  check(static_cast<int>(::lseek(file.get(), 0, SEEK_SET)), "lseek");
  return file;
}

void open_pipe(UniqueFd& ours, UniqueFd& childs) {
  std::array<int, 2> ends{};
  check(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
  ours.reset(ends[0]);
  childs.reset(ends[1]);
  ::fcntl(ends[1], F_SETPIPE_SZ, pipe_bytes);  // refused over the user's limit: the default does then
}

Streams open_pipes(const std::string& input) {
  Streams streams;
  streams.child_in = file_holding(input);
  open_pipe(streams.out, streams.child_out);
  open_pipe(streams.err, streams.child_err);
  return streams;
}

Streams open_terminal(const std::string& input) {
  Streams streams;
  streams.out.reset(check(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "posix_openpt"));
  check(::grantpt(streams.out.get()), "grantpt");
  check(::unlockpt(streams.out.get()), "unlockpt");
  std::array<char, 64> name{};
  check(-::ptsname_r(streams.out.get(), name.data(), name.size()), "ptsname_r");
  UniqueFd slave(check(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC), "open terminal"));
  const winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  check(::ioctl(slave.get(), TIOCSWINSZ, &size), "TIOCSWINSZ");
  termios settings{};
  check(::tcgetattr(slave.get(), &settings), "tcgetattr");
  settings.c_oflag &= static_cast<tcflag_t>(~OPOST);  // "\n" arrives as written
  settings.c_lflag &= static_cast<tcflag_t>(~ECHO);
  check(::tcsetattr(slave.get(), TCSANOW, &settings), "tcsetattr");
  if (!input.empty())
    check(static_cast<int>(::write(streams.out.get(), input.data(), input.size())), "write");
  streams.child_in.reset(check(::fcntl(slave.get(), F_DUPFD_CLOEXEC, 3), "dup"));
  streams.child_out.reset(check(::fcntl(slave.get(), F_DUPFD_CLOEXEC, 3), "dup"));
  streams.child_err = std::move(slave);
  return streams;
}

std::vector<std::string> make_environment(const ProgramOptions& options) {
  std::vector<std::string> result;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!options.environment.contains(text.substr(0, text.find('=')))) result.push_back(text);
  }
  for (const auto& [name, value] : options.environment) {
    if (value) result.push_back(name + "=" + *value);
  }
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

pid_t spawn(std::vector<std::string> command, const ProgramOptions& options, const Streams& streams) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, streams.child_in.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, streams.child_out.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, streams.child_err.get(), STDERR_FILENO);
  if (!options.working_directory.empty()) {
    ::posix_spawn_file_actions_addchdir_np(&actions, options.working_directory.c_str());
  }

  // What runs the tests may have SIGPIPE ignored; a user's shell does not.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t signals;
  ::sigemptyset(&signals);
  ::posix_spawnattr_setsigmask(&attributes, &signals);
  ::sigaddset(&signals, SIGPIPE);
  ::posix_spawnattr_setsigdefault(&attributes, &signals);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  auto environment = make_environment(options);
  pid_t pid = -1;
  const int failed = ::posix_spawnp(&pid, command.front().c_str(), &actions, &attributes,
                                    pointers(command).data(), pointers(environment).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + command.front() + ": " + std::strerror(failed));
  return pid;
}

// Reads once. The end (a terminal says EIO when its last user has gone) closes the descriptor.
void take(UniqueFd& from, std::string& into) {
  std::array<char, 65536> buffer;
  const auto count = ::read(from.get(), buffer.data(), buffer.size());
  if (count > 0) {
    into.append(buffer.data(), static_cast<std::size_t>(count));
  } else if (count == 0 || errno != EINTR) {
    from.reset();
  }
}

std::size_t count_of(const std::string& text, const std::string& in) {
  std::size_t count = 0;
  for (std::size_t at = in.find(text); at != std::string::npos; at = in.find(text, at + text.size())) ++count;
  return count;
}

}  // namespace

Program::Program(const std::vector<std::string>& command, ProgramOptions options)
    : name_(command.at(0)),
      options_(std::move(options)),
      deadline_(std::chrono::steady_clock::now() + options_.time_limit) {
  auto streams = options_.terminal ? open_terminal(options_.input) : open_pipes(options_.input);
  pid_ = spawn(command, options_, streams);
  ended_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  out_ = std::move(streams.out);
  err_ = std::move(streams.err);
  if (!ended_) give_up("cannot watch it");
}

Program::~Program() {
  if (pid_ < 0 || has_ended_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Program::send_signal(int number) const {
  if (::kill(pid_, number) != 0) give_up(std::string("cannot signal it: ") + std::strerror(errno));
}

bool Program::pump() {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
  std::array<pollfd, 3> wanted{pollfd{out_.get(), POLLIN, 0}, pollfd{err_.get(), POLLIN, 0},
                               pollfd{has_ended_ ? -1 : ended_.get(), POLLIN, 0}};
  // Once it has ended, only what already lies in the pipes is taken: a child of its own may hold them open.
  const auto wait_ms = has_ended_ ? 0 : static_cast<int>(std::max<std::int64_t>(0, left.count()));
  const int ready = ::poll(wanted.data(), wanted.size(), wait_ms);
  if (ready < 0 && errno == EINTR) return true;
  if (ready == 0 && has_ended_) return false;
  if (ready == 0) give_up("over its time limit");
  if (wanted[0].revents != 0) take(out_, result_.out);
  if (wanted[1].revents != 0) take(err_, result_.err);
  if (wanted[2].revents != 0) {
    int status = 0;
    check(::waitpid(pid_, &status, 0), "waitpid");
    has_ended_ = true;
    if (WIFEXITED(status)) result_.exit_status = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result_.signal = WTERMSIG(status);
  }
  return true;
}

void Program::wait_for_output(const std::string& text, std::size_t times) {
  while (count_of(text, result_.out) + count_of(text, result_.err) < times) {
    if (!pump()) give_up("ended without writing \"" + text + "\"");
  }
}

ProgramResult Program::wait() {
  while (pump()) {
  }
  return std::move(result_);
}

void Program::give_up(const std::string& why) const {
  throw std::runtime_error(name_ + ": " + why + "\nstandard output: " + result_.out +
                           "\nstandard error: " + result_.err);
}

ProgramResult run_program(const std::vector<std::string>& command, ProgramOptions options) {
  return Program(command, std::move(options)).wait();
}

}  // namespace spoold::test
