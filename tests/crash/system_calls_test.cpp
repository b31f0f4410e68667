#include "crash/system_calls.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdio>

#include "crash/transitions.hpp"

// The transitions over the real file system, with each system call of theirs failing in turn, and the process
// ending in its place.

namespace spoold {

namespace {

using test::SystemCalls;
using test::TempQueue;
using Names = std::vector<std::string>;
using Times = SystemCalls::Times;
using Scene = test::Scene<TempQueue>;
using Transition = test::Transition<TempQueue>;

constexpr int died = 99;

TempQueue with_syncs() {
  return TempQueue{StoreOptions{}, TempQueue::quick(), TempQueue::Syncs::real};
}

void comes_right(Scene& scene) {
  REQUIRE(test::broken_promises(scene) == Names{});
  scene.queue.reopen();
  (void)scene.queue.recover();
  REQUIRE(scene.queue.names(State::processing).empty());
  REQUIRE(test::drain(scene.queue));
  REQUIRE(test::broken_promises(scene) == Names{});
}

bool survives(const Transition& transition, std::size_t nth, int number, Times times) {
  INFO(transition.name << ", call " << nth << ", errno " << number
                       << (times == Times::once ? ", once" : ", and after"));
  Scene scene{with_syncs()};
  transition.arrange(scene);
  bool struck = false;
  bool succeeded = false;
  {
    SystemCalls calls;
    calls.fail(nth, number, times);
    succeeded = transition.step(scene);
    struck = calls.struck();
  }
  if (!struck) REQUIRE(succeeded);
  if (!transition.name.starts_with("condemn")) REQUIRE(scene.queue.names(State::corrupt).empty());
  comes_right(scene);
  return struck;
}

// A child takes the step, and ends at its nth call. False once there are fewer.
bool dies_at(Scene& scene, const Transition& transition, std::size_t nth) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    SystemCalls calls;
    calls.exit_at(nth, died);
    const bool succeeded = transition.step(scene);
    ::_exit(succeeded ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE((WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == died));
  return WEXITSTATUS(status) == died;
}

Names calls_of(const std::string& name) {
  for (const Transition& transition : test::all_transitions<TempQueue>()) {
    if (transition.name != name) continue;
    Scene scene{with_syncs()};
    transition.arrange(scene);
    SystemCalls calls;
    REQUIRE(transition.step(scene));
    return calls.made();
  }
  FAIL("no transition " << name);
  return {};
}

}  // namespace

TEST_CASE("whichever system call fails, each entry is in one place and whole, and blamed for nothing") {
  std::size_t faults = 0;
  for (const Transition& transition : test::all_transitions<TempQueue>()) {
    for (const Times times : {Times::once, Times::onwards}) {
      for (const int number : {EIO, ENOSPC, EMFILE, EROFS}) {
        for (std::size_t nth = 1; survives(transition, nth, number, times); ++nth) ++faults;
      }
    }
  }
  std::printf("crash: %zu faults of system calls\n", faults);
}

TEST_CASE("whichever system call a process dies at, the next one finds each entry once and whole") {
  std::size_t deaths = 0;
  for (const Transition& transition : test::all_transitions<TempQueue>()) {
    bool more = true;
    for (std::size_t nth = 1; more; ++nth) {
      INFO(transition.name << ", call " << nth);
      Scene scene{with_syncs()};
      transition.arrange(scene);
      more = dies_at(scene, transition, nth);
      if (more) ++deaths;
      comes_right(scene);
    }
  }
  std::printf("crash: %zu processes that died at a system call\n", deaths);
}

TEST_CASE("data is synced before a name shows it, and the name before success is told") {
  // These files lie in memory, where no journal keeps the order.
  const Names aside{"openat", "write", "fsync", "close"};
  const auto then = [](Names calls, const Names& more) {
    calls.insert(calls.end(), more.begin(), more.end());
    return calls;
  };
  CHECK(calls_of("enqueue") == then(aside, {"renameat2", "fsync"}));
  Names three;
  for (int i = 0; i < 3; ++i) three = then(std::move(three), aside);
  CHECK(calls_of("enqueue several") ==
        then(three, {"renameat2", "renameat2", "renameat2", "fsync", "fsync"}));
  CHECK(calls_of("claim") == Names{"renameat2", "openat", "read", "close"});
  CHECK(calls_of("ack") == Names{"renameat2"});
  const Names rewrite = then(then({"fstatat"}, aside), {"renameat"});
  CHECK(calls_of("ack with a receipt") == then(rewrite, {"renameat2", "fsync"}));
  const Names moves{"renameat", "renameat2", "renameat", "renameat2", "renameat", "renameat2", "fsync"};
  CHECK(calls_of("ack of several") == then(then({"fstatat", "fstatat", "fstatat"}, three), moves));
  CHECK(calls_of("defer") == then(rewrite, {"renameat2"}));
  CHECK(calls_of("dead letter") == then(rewrite, {"renameat2", "fsync"}));
}

TEST_CASE("short writes and interrupted calls tear nothing") {
  for (const Transition& transition : test::all_transitions<TempQueue>()) {
    INFO(transition.name);
    Scene scene{with_syncs()};
    transition.arrange(scene);
    {
      SystemCalls calls;
      calls.shorten();
      CHECK(transition.step(scene));
    }
    comes_right(scene);
  }
}

}  // namespace spoold
