#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <fstream>
#include <thread>

#include "backend/command_bench.hpp"
#include "backend/command_proc.hpp"
#include "backend/command_reaper.hpp"
#include "backend/command_spawn.hpp"

// A program that was killed and cannot be reaped, as in a system call that hangs. Here it is a debugger that
// holds its end back: the system shows a process's end to that one first.

using namespace spoold;
using namespace spoold::test;

namespace {

// A process that traces another until somebody writes to the pipe at let_go_path().
class Tracer {
 public:
  Tracer() {
    REQUIRE(::mkfifo(let_go_path().c_str(), 0600) == 0);
    REQUIRE(::pipe2(ask_.data(), O_CLOEXEC) == 0);
    REQUIRE(::pipe2(answer_.data(), O_CLOEXEC) == 0);
    pid_ = ::fork();
    if (pid_ == 0) trace();
    // Older than any program from here on, so that it is not taken for a remnant of one.
    const std::uint64_t began = began_at(pid_);
    while (ticks_now() <= began) {
    }
  }
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;
  ~Tracer() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    for (const int fd : {ask_[0], ask_[1], answer_[0], answer_[1]}) ::close(fd);
  }

  [[nodiscard]] std::string let_go_path() const { return directory_ / "let_go"; }
  // False where this system does not allow it.
  bool hold(pid_t other) const {
    bool held = false;
    return ::write(ask_[1], &other, sizeof other) == sizeof other &&
           ::read(answer_[0], &held, sizeof held) == sizeof held && held;
  }
  void let_go() const {
    const int pipe = ::open(let_go_path().c_str(), O_WRONLY | O_CLOEXEC);
    REQUIRE(::write(pipe, "x", 1) == 1);
    ::close(pipe);
  }

 private:
  static std::uint64_t ticks_now() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    const auto hertz = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    return static_cast<std::uint64_t>(now.tv_sec) * hertz +
           static_cast<std::uint64_t>(now.tv_nsec) * hertz / 1'000'000'000;
  }

  [[noreturn]] void trace() const {
    pid_t other = -1;
    if (::read(ask_[0], &other, sizeof other) != sizeof other) ::_exit(1);
    const bool held = ::ptrace(PTRACE_SEIZE, other, nullptr, nullptr) == 0;
    if (::write(answer_[1], &held, sizeof held) != sizeof held) ::_exit(1);
    const int pipe = ::open(let_go_path().c_str(), O_RDONLY);
    char byte = 0;
    ::_exit(::read(pipe, &byte, 1) == 1 ? 0 : 1);
  }

  TempDirectory directory_;
  std::array<int, 2> ask_{};
  std::array<int, 2> answer_{};
  pid_t pid_ = -1;
};

constexpr const char* script =
    "case $1 in held) echo $$ > $SPOOLD_QUEUE/pid; echo > $SPOOLD_QUEUE/told; exec sleep 999;;\n"
    "other) while ! [ -s $SPOOLD_QUEUE/pid ]; do sleep 0.01; done\n"
    "  while ! grep -q ') Z' /proc/$(cat $SPOOLD_QUEUE/pid)/stat; do sleep 0.01; done\n"
    "  sleep 0.1; cat > /dev/null; echo > $2;;\n"
    "esac";

std::atomic<int> signals_taken = 0;

// True once a thread of ours sleeps in a system call.
bool sleeps(pid_t thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string text;
  return std::getline(file, text) && text.at(text.rfind(')') + 2) == 'S';
}

}  // namespace

TEST_CASE("while a program that was killed cannot be reaped, the loop goes on, and its attempt is not over") {
  const Tracer tracer;
  CommandBench bench{script};
  bool held = false;
  bench.when_told([&] {
    const pid_t pid = bench.number_in("pid");
    held = tracer.hold(pid);
    ::kill(pid, SIGKILL);
  });
  // The other one gets its input from the loop, and only then lets go of the first.
  const std::string input(1'000'000, 'x');
  const auto outcomes =
      bench.perform_all({R"({"args":["held"]})",
                         R"({"args":["other",")" + tracer.let_go_path() + R"("],"stdin":")" + input + "\"}"});
  if (!held) WARN("a process may not be traced here: nothing was seen");
  CHECK(CommandBench::describe(outcomes[0]) == "retry: ended by SIGKILL");
  CHECK(CommandBench::describe(outcomes[1]) == "done");
}

TEST_CASE("a backend goes although a program of its cannot be reaped, and that is reaped later") {
  const Tracer tracer;
  CommandBench bench{script};
  bool told = false;
  bool held = false;
  bench.when_told([&] {
    held = tracer.hold(bench.number_in("pid"));
    told = true;
  });
  bench.begin(R"({"args":["held"]})", [&] { return told; });
  const pid_t pid = bench.number_in("pid");
  bench.drop_backend();
  CHECK_FALSE(is_running(pid));
  if (!held) {
    WARN("a process may not be traced here: nothing was seen");
    return;
  }
  CHECK(::kill(pid, 0) == 0);
  tracer.let_go();
  while (::kill(pid, 0) == 0) CommandReaper::of_this_process().reap_orphans();
  CHECK(errno == ESRCH);
}

TEST_CASE("a signal does not end the wait for a program that cannot be reaped yet") {
  struct sigaction interrupting {};  // without SA_RESTART
  interrupting.sa_handler = [](int) { ++signals_taken; };
  struct sigaction before {};
  REQUIRE(::sigaction(SIGUSR1, &interrupting, &before) == 0);
  const Tracer tracer;
  CommandOptions options;
  options.program = "/bin/sleep";
  CommandInvocation invocation;
  invocation.arguments = {"999"};
  auto spawned = spawn_command(options, invocation, std::make_shared<CommandStart>());
  REQUIRE(std::holds_alternative<SpawnedCommand>(spawned));
  const pid_t pid = std::get<SpawnedCommand>(spawned).pid;
  if (!tracer.hold(pid)) {
    WARN("a process may not be traced here: nothing was seen");
    return;
  }
  std::atomic<pid_t> waiting = 0;
  std::thread ending{[&] {
    waiting = ::gettid();
    spawned = SpawnFault{Unavailable{}};
  }};
  while (waiting == 0 || is_running(pid) || !sleeps(waiting)) std::this_thread::yield();
  ::pthread_kill(ending.native_handle(), SIGUSR1);
  while (signals_taken == 0) std::this_thread::yield();
  tracer.let_go();
  ending.join();
  CHECK(::waitpid(pid, nullptr, 0) == -1);
  CHECK(errno == ECHILD);
  ::sigaction(SIGUSR1, &before, nullptr);
}
