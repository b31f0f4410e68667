#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "backend/command_bench.hpp"
#include "backend/command_proc.hpp"
#include "backend/command_reaper.hpp"
#include "os/unique_fd.hpp"
#include "support/run_program.hpp"

// Nothing of an attempt survives it, nor the daemon.

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

namespace {

// Runs a script that leaves a process behind and writes its number to "pid".
void leaves_nothing(const std::string& script) {
  CAPTURE(script);
  CommandBench bench{script};
  CHECK(bench.run() == "done");
  CHECK_FALSE(is_running(bench.number_in("pid")));
  CHECK(child_processes().value().empty());
}

// A daemon of its own that is killed while its program runs.
void crash_while_running(const std::string& queue, const std::string& script) {
  Program daemon{{SPOOLD_COMMAND_DAEMON, queue, script}};
  daemon.wait_for_output("running");
  daemon.send_signal(SIGKILL);
  CHECK(daemon.wait().signal == SIGKILL);
}

// A killed process counts as running until the kernel has let it run to its end.
void wait_for_end(pid_t pid) {
  const UniqueFd process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!process) return;  // gone, and reaped by init
  pollfd ended{process.get(), POLLIN, 0};
  CHECK(::poll(&ended, 1, 10'000) == 1);
}

// This process may be a subreaper by now: then what a daemon that was killed had started has become its
// child, and nothing but this would ever reap it.
void reap_what_the_daemon_left() {
  while (::waitpid(-1, nullptr, 0) > 0) {
  }
}

}  // namespace

TEST_CASE("what a program leaves in the background is dead before the outcome") {
  leaves_nothing("sleep 999 & echo $! > $SPOOLD_QUEUE/pid");
}

TEST_CASE("what left the session is dead before the outcome") {
  leaves_nothing("setsid sleep 999 & echo $! > $SPOOLD_QUEUE/pid; sleep 0.1");
  leaves_nothing("(setsid sleep 999 & echo $! > $SPOOLD_QUEUE/pid; sleep 0.1)");
  leaves_nothing(
      "nohup setsid sh -c 'echo $$ > $SPOOLD_QUEUE/pid; sleep 999; :' >/dev/null 2>&1 &"
      "while ! [ -s $SPOOLD_QUEUE/pid ]; do sleep 0.01; done");
}

TEST_CASE("what hides without an environment is dead before the outcome") {
  leaves_nothing("(env -i setsid sleep 999 & echo $! > $SPOOLD_QUEUE/pid; sleep 0.1)");
}

TEST_CASE("a whole tree in other sessions is dead before the outcome") {
  CommandBench bench{
      "for i in 1 2 3 4; do"
      "  setsid sh -c 'setsid sh -c \"sleep 999 & sleep 999 & sleep 999; :\" & sleep 999; :' &"
      " done; sleep 0.3"};
  CHECK(bench.run() == "done");
  CHECK(child_processes().value().empty());
}

TEST_CASE("what goes on to start others in other sessions does not get away") {
  CommandBench bench{
      "cat > $SPOOLD_QUEUE/hop <<'END'\n"
      "sleep 0.005\n"
      "setsid sh $SPOOLD_QUEUE/hop &\n"
      "END\n"
      "setsid sh $SPOOLD_QUEUE/hop & sleep 0.2"};
  CHECK(bench.run() == "done");
  CHECK(child_processes().value().empty());
}

TEST_CASE("a program over its time takes along what left its group") {
  CommandBench bench{"setsid sleep 999 & echo $! > $SPOOLD_QUEUE/pid; sleep 999",
                     [](CommandOptions& options) { options.timeout = 300ms; }};
  CHECK(bench.run() == "retry: ran over 300ms");
  CHECK_FALSE(is_running(bench.number_in("pid")));
}

TEST_CASE("the end of one attempt leaves the processes of another alone") {
  CommandBench bench{
      "case $1 in long)"
      "  (setsid sh -c 'echo $$ > $SPOOLD_QUEUE/pid; while ! [ -e $SPOOLD_QUEUE/over ]; do sleep 0.01; done;"
      "    echo survived > $SPOOLD_QUEUE/answer' &)\n"
      "  while ! [ -s $SPOOLD_QUEUE/answer ]; do sleep 0.01; done; cat $SPOOLD_QUEUE/answer;;\n"
      "short) while ! [ -s $SPOOLD_QUEUE/pid ]; do sleep 0.01; done;;\n"
      "after) while ! [ -s $SPOOLD_QUEUE/pid ]; do sleep 0.01; done; sleep 0.3; touch $SPOOLD_QUEUE/over;;\n"
      "esac"};
  const auto outcomes =
      bench.perform_all({R"({"args":["long"]})", R"({"args":["short"]})", R"({"args":["after"]})"});
  REQUIRE(std::holds_alternative<Done>(outcomes[0]));
  CHECK(std::get<Done>(outcomes[0]).receipt.at("stdout") == "survived\n");
}

TEST_CASE("orphans that end while their attempt goes on are reaped") {
  CommandBench bench{
      "for i in 1 2 3 4 5; do (setsid true &) ; done;"
      "while [ $(wc -w < /proc/$PPID/task/$PPID/children) -gt 1 ]; do sleep 0.05; done"};
  CHECK(bench.run() == "done");
}

TEST_CASE("a program dies with its daemon") {
  const TempDirectory queue;
  crash_while_running(queue.path(), "echo $$ > $SPOOLD_QUEUE/pid; echo > $SPOOLD_QUEUE/told; exec sleep 999");
  wait_for_end(std::stoi(queue.read("pid")));
  reap_what_the_daemon_left();
}

TEST_CASE("what an earlier daemon's program left is found by its queue, and killed") {
  const TempDirectory queue;
  const TempDirectory other_queue;
  const std::string script =
      "(setsid sh -c 'echo $$ > $SPOOLD_QUEUE/pid; sleep 999; :' &)\n"
      "while ! [ -s $SPOOLD_QUEUE/pid ]; do sleep 0.01; done; echo > $SPOOLD_QUEUE/told; exec sleep 999";
  crash_while_running(queue.path(), script);
  const pid_t left = std::stoi(queue.read("pid"));
  CHECK(is_running(left));
  CommandReaper& reaper = CommandReaper::of_this_process();
  // Not of this queue, so left alone.
  CHECK(reaper.kill_leftovers(other_queue.path()).empty());
  CHECK(is_running(left));
  // Another path to the same queue.
  const std::string alias = other_queue / "alias";
  REQUIRE(::symlink(queue.path().c_str(), alias.c_str()) == 0);
  CHECK_FALSE(reaper.kill_leftovers(alias).empty());
  while (!reaper.kill_leftovers(alias).empty()) std::this_thread::yield();
  wait_for_end(left);
  reap_what_the_daemon_left();
}

TEST_CASE("what runs now is nothing left by an earlier daemon") {
  CommandBench bench{"echo > $SPOOLD_QUEUE/told; while ! [ -e $SPOOLD_QUEUE/over ]; do sleep 0.01; done"};
  bench.when_told([&] {
    const auto dying = CommandReaper::of_this_process().kill_leftovers(bench.queue().path());
    CHECK(dying.empty());
    bench.queue().write("over", "");
  });
  CHECK(bench.run() == "done");
}
