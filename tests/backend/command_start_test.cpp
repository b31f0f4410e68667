#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <future>
#include <thread>

#include "backend/command_bench.hpp"
#include "backend/command_proc.hpp"
#include "backend/command_reaper.hpp"

// A program whose start hangs, as on a file system that does not answer. Here it is a lease on its file
// (fcntl(2), F_SETLEASE) that executing it has to wait for; and who holds the lease is told when somebody
// does.

using namespace spoold;
using namespace spoold::test;

namespace {

class HeldProgram {
 public:
  explicit HeldProgram(const std::string& script) {
    directory_.write("program", "#!/bin/sh\n" + script + "\n");
    REQUIRE(::chmod(path().c_str(), 0700) == 0);
  }
  HeldProgram(const HeldProgram&) = delete;
  HeldProgram& operator=(const HeldProgram&) = delete;
  ~HeldProgram() {
    if (!listener_.joinable()) return;
    ::pthread_kill(listener_.native_handle(), SIGIO);  // it may not have been told yet
    listener_.join();
    ::close(fd_);
  }

  [[nodiscard]] std::string path() const { return directory_ / "program"; }

  // From now on its start hangs, and somebody writes to `told` once it does.
  void hold(const std::string& told) {
    fd_ = ::open(path().c_str(), O_RDONLY | O_CLOEXEC);
    std::promise<bool> held;
    listener_ = std::thread{[this, told, &held] {
      sigset_t signals;
      ::sigemptyset(&signals);
      ::sigaddset(&signals, SIGIO);
      ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
      const f_owner_ex owner{F_OWNER_TID, ::gettid()};
      held.set_value(::fcntl(fd_, F_SETOWN_EX, &owner) == 0 && ::fcntl(fd_, F_SETLEASE, F_WRLCK) == 0);
      int signal = 0;
      ::sigwait(&signals, &signal);
      const int pipe = ::open(told.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
      if (pipe >= 0 && ::write(pipe, "x", 1) == 1) ::close(pipe);
    }};
    REQUIRE(held.get_future().get());
  }
  void let_go() const { REQUIRE(::fcntl(fd_, F_SETLEASE, F_UNLCK) == 0); }

 private:
  TempDirectory directory_;
  int fd_ = -1;
  std::thread listener_;
};

CommandBench::Change running(const HeldProgram& program) {
  return [&program](CommandOptions& options) {
    options.program = program.path();
    options.arguments.clear();
  };
}

// Our children that have not executed anything yet.
std::size_t being_started() {
  const auto children = child_processes();
  REQUIRE(children.has_value());
  const auto ours = std::filesystem::read_symlink("/proc/self/exe");
  return static_cast<std::size_t>(std::count_if(children->begin(), children->end(), [&](pid_t child) {
    std::error_code gone;
    return std::filesystem::read_symlink("/proc/" + std::to_string(child) + "/exe", gone) == ours;
  }));
}

}  // namespace

TEST_CASE("while the start of a program hangs, the loop goes on") {
  HeldProgram program{"echo ran"};
  CommandBench bench{"", running(program)};
  std::size_t hanging = 0;
  bench.when_told([&] {
    hanging = being_started();
    program.let_go();
  });
  program.hold(bench.queue() / "told");
  CHECK(bench.receipt().at("stdout") == "ran\n");
  CHECK(hanging == 1);
}

TEST_CASE("an entry that is taken back while its start hangs is ended when it begins") {
  HeldProgram program{"while :; do sleep 1; done"};
  CommandBench bench{"", running(program)};
  const std::uint64_t seq = bench.last_seq() + 1;
  bench.when_told([&] {
    bench.backend().interrupt(seq);
    program.let_go();
  });
  program.hold(bench.queue() / "told");
  CHECK(bench.run() == "interrupted: it was cancelled, and its program was ended");
}

TEST_CASE("a stop ends what only begins after it") {
  HeldProgram program{"while :; do sleep 1; done"};
  CommandBench bench{"", running(program)};
  bench.when_told([&] {
    bench.backend().stop();
    program.let_go();
  });
  program.hold(bench.queue() / "told");
  CHECK(bench.run().starts_with("interrupted"));
}

TEST_CASE("the end of another program does not touch one whose start hangs") {
  HeldProgram program{"echo ran"};
  CommandBench bench{"", running(program)};
  const pid_t other = ::fork();
  if (other == 0) {
    ::setpgid(0, 0);
    for (;;) ::pause();
  }
  auto& reaper = CommandReaper::of_this_process();
  reaper.add(other, "another mark");
  bench.when_told([&] {
    reaper.reap_orphans();
    while (!reaper.finish_off(other)) {
    }
    program.let_go();
  });
  program.hold(bench.queue() / "told");
  CHECK(bench.receipt().at("stdout") == "ran\n");
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  reaper.remove(other);
}

TEST_CASE("a backend goes although a start hangs, and what comes of that is killed") {
  HeldProgram program{"while :; do sleep 1; done"};
  CommandBench bench{"", running(program)};
  bool told = false;
  bench.when_told([&] { told = true; });
  program.hold(bench.queue() / "told");
  bench.begin("{}", [&] { return told; });
  bench.drop_backend();
  CHECK(being_started() == 1);
  program.let_go();
  // What the program began itself comes to us as an orphan.
  for (auto children = child_processes(); !children->empty(); children = child_processes()) {
    CommandReaper::of_this_process().reap_orphans();
  }
}
