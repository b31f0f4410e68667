#include "bench/programs.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "bench/measure.hpp"
#include "os/unique_fd.hpp"

namespace spoold::bench {
namespace {

using namespace std::chrono_literals;

// What has been started and not waited for, with the signal that ends it. Never destroyed: threads may fail
// while the program ends.
struct Started {
  std::mutex mutex;
  std::map<pid_t, int> signals;
};

Started& started() {
  static auto* const all = new Started;
  return *all;
}

sigset_t ending_signals() {
  sigset_t set{};
  ::sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&set, number);
  return set;
}

// A program takes the signals that the benchmark's own threads leave to one of them, or ignore.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    const sigset_t ending = ending_signals();
    sigset_t none{};
    ::sigemptyset(&none);
    ::posix_spawnattr_init(&raw_);
    ::posix_spawnattr_setsigmask(&raw_, &none);
    ::posix_spawnattr_setsigdefault(&raw_, &ending);
    ::posix_spawnattr_setflags(&raw_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&raw_); }

  [[nodiscard]] const posix_spawnattr_t* get() const { return &raw_; }

 private:
  posix_spawnattr_t raw_{};
};

class SpawnFiles {
 public:
  explicit SpawnFiles(const Command& command) {
    ::posix_spawn_file_actions_init(&raw_);
    if (!command.log.empty()) {
      ::posix_spawn_file_actions_addopen(&raw_, STDERR_FILENO, command.log.c_str(),
                                         O_WRONLY | O_CREAT | O_APPEND, 0644);
      ::posix_spawn_file_actions_adddup2(&raw_, STDERR_FILENO, STDOUT_FILENO);
    }
    if (command.output >= 0) ::posix_spawn_file_actions_adddup2(&raw_, command.output, STDOUT_FILENO);
  }
  SpawnFiles(const SpawnFiles&) = delete;
  SpawnFiles& operator=(const SpawnFiles&) = delete;
  ~SpawnFiles() { ::posix_spawn_file_actions_destroy(&raw_); }

  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &raw_; }

 private:
  posix_spawn_file_actions_t raw_{};
};

void wait_or_kill(pid_t process) {
  for (int tries = 0; tries < 100; ++tries) {
    if (::waitpid(process, nullptr, WNOHANG) != 0) return;
    std::this_thread::sleep_for(50ms);
  }
  ::kill(process, SIGKILL);
  ::waitpid(process, nullptr, 0);
}

[[noreturn]] void end_by_exception() {
  std::string what = "ended without an exception";
  try {
    if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
    what = "an exception of an unknown kind";
  }
  fail("not caught: " + what);
}

}  // namespace

// What is started is on the list before anybody else can have the list.
Program::Program(Command command) : stop_signal_(command.stop_signal) {
  std::vector<char*> words;
  for (std::string& word : command.words) words.push_back(word.data());
  words.push_back(nullptr);
  const SpawnFiles files{command};
  const SpawnAttributes attributes;
  int error = 0;
  {
    const std::lock_guard<std::mutex> lock{started().mutex};
    error = ::posix_spawnp(&pid_, words.front(), files.get(), attributes.get(), words.data(), environ);
    if (error == 0) started().signals[pid_] = stop_signal_;
  }
  require(error == 0, "cannot start " + command.words.front());
}

Program::Program(const std::function<void()>& work) {
  {
    const std::lock_guard<std::mutex> lock{started().mutex};
    pid_ = ::fork();
    if (pid_ == 0) started().signals.clear();  // they are not the copy's to end
    if (pid_ > 0) started().signals[pid_] = stop_signal_;
  }
  require(pid_ >= 0, "cannot fork");
  if (pid_ > 0) return;
  const sigset_t ending = ending_signals();
  ::sigprocmask(SIG_UNBLOCK, &ending, nullptr);
  work();
  ::_exit(0);
}

Program::~Program() {
  if (pid_ <= 0) return;
  ::kill(pid_, stop_signal_);
  {
    const std::lock_guard<std::mutex> lock{started().mutex};
    started().signals.erase(pid_);
  }
  wait_or_kill(pid_);
}

bool Program::running() const {
  siginfo_t info{};
  return pid_ > 0 && ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

void Program::signal(int number) const {
  require(running() && ::kill(pid_, number) == 0, "a program has ended by itself");
}

bool Program::wait(rusage* usage) {
  siginfo_t ended{};
  require(::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOWAIT) == 0,
          "cannot wait for a program");
  {
    // Off the list before its number may be another's.
    const std::lock_guard<std::mutex> lock{started().mutex};
    started().signals.erase(pid_);
  }
  int status = 0;
  ::wait4(std::exchange(pid_, -1), &status, 0, usage);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string output_of(std::vector<std::string> words) {
  std::array<int, 2> ends{};
  require(::pipe2(ends.data(), O_CLOEXEC) == 0, "cannot make a pipe");
  const UniqueFd reading{ends[0]};
  UniqueFd writing{ends[1]};
  const std::string name = words.front();
  Program program{Command{.words = std::move(words), .output = writing.get()}};
  writing.reset();
  std::string output;
  std::array<char, 4096> part{};
  for (ssize_t size = 0; (size = ::read(reading.get(), part.data(), part.size())) > 0;) {
    output.append(part.data(), static_cast<std::size_t>(size));
  }
  require(program.wait(), name + " has failed");
  return output;
}

void end_programs_with_this_one() {
  std::set_terminate(end_by_exception);
  const sigset_t ending = ending_signals();
  // All threads inherit the mask; a shell may have had SIGINT ignored.
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_DFL);
  std::thread{[ending] {
    int number = 0;
    while (::sigwait(&ending, &number) != 0) {
    }
    end_all("ended by signal " + std::to_string(number), 128 + number);
  }}.detach();
}

void end_all(const std::string& why, int status) {
  started().mutex.lock();  // for good: nothing is to be started any more, and nobody else is to end
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  for (const auto& [process, signal] : started().signals) ::kill(process, signal);
  for (const auto& [process, signal] : started().signals) wait_or_kill(process);
  ::_exit(status);
}

}  // namespace spoold::bench
