#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <map>
#include <sstream>

#include "backend/command_bench.hpp"

// What a program finds, said by a program: whatever the state of this process is.

using namespace spoold;
using namespace spoold::test;

namespace {

std::multimap<std::string, std::string> facts(const std::string& document = "{}",
                                              const CommandBench::Change& change = {}) {
  CommandBench bench{"", [&](CommandOptions& options) {
                       options.program = SPOOLD_COMMAND_CHILD;
                       options.arguments.clear();
                       if (change) change(options);
                     }};
  std::istringstream lines(bench.receipt(document).at("stdout").get<std::string>());
  std::multimap<std::string, std::string> found;
  std::string line;
  while (std::getline(lines, line)) {
    const std::size_t split = line.find_first_of("= ");
    found.emplace(line.substr(0, split), line.substr(split + 1));
  }
  return found;
}

std::string fact(const std::multimap<std::string, std::string>& all, const std::string& name) {
  REQUIRE(all.count(name) == 1);
  return all.find(name)->second;
}

}  // namespace

TEST_CASE("a program has standard input, output and error open and nothing else") {
  const int leaky = ::open("/dev/null", O_RDONLY);  // not close-on-exec, on purpose
  const int far = ::fcntl(leaky, F_DUPFD, 500);
  CHECK(fact(facts(), "files") == "0 1 2");
  CHECK(fact(facts(R"({"stdin":"x"})"), "files") == "0 1 2");
  ::close(leaky);
  ::close(far);
}

TEST_CASE("a program has no signal blocked, ignored or handled") {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  std::signal(SIGUSR1, [](int) {});
  sigset_t blocked;
  sigset_t before;
  ::sigemptyset(&blocked);
  for (const int number : {SIGTERM, SIGINT, SIGRTMIN}) ::sigaddset(&blocked, number);
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  const auto all = facts();
  sigset_t after;
  ::sigprocmask(SIG_SETMASK, &before, &after);
  std::signal(SIGHUP, SIG_DFL);
  std::signal(SIGUSR1, SIG_DFL);
  CHECK(fact(all, "blocked").empty());
  CHECK(fact(all, "changed").empty());
  CHECK(::sigismember(&after, SIGTERM) == 1);  // and ours is left as it was
  CHECK(::sigismember(&after, SIGUSR2) == 0);
}

TEST_CASE("a program leads a session without a terminal, and dies with the daemon") {
  const auto all = facts();
  CHECK(fact(all, "leads_session") == "yes");
  CHECK(fact(all, "leads_group") == "yes");
  CHECK(fact(all, "terminal") == "none");
  CHECK(fact(all, "death_signal") == std::to_string(SIGKILL));
  CHECK(fact(all, "new_privileges") == "never");
}

TEST_CASE("umask, directory and limits are what the configuration says, not the daemon's") {
  const mode_t before = ::umask(0);
  const auto all = facts();
  CHECK(::umask(before) == 0);
  CHECK(fact(all, "umask") == "0077");
  CHECK(fact(all, "directory") == "/");
  CHECK(fact(all, "core_max") == "0");
  CHECK(std::stoul(fact(all, "files_max")) <= 1024);
  const auto others = facts("{}", [](CommandOptions& options) {
    options.umask = 022;
    options.working_directory = "/proc";
  });
  CHECK(fact(others, "umask") == "0022");
  CHECK(fact(others, "directory") == "/proc");
}

TEST_CASE("standard input is /dev/null where the entry has none, else a pipe") {
  CHECK(fact(facts(), "input") == "device");
  CHECK(fact(facts(R"({"stdin":""})"), "input") == "pipe");
}

TEST_CASE("arguments reach the program as they are") {
  const auto all = facts(R"({"args":["-x","a b","$HOME;*","ünï"]})");
  std::vector<std::string> arguments;
  for (auto [at, end] = all.equal_range("argument"); at != end; ++at) arguments.push_back(at->second);
  CHECK(arguments == std::vector<std::string>{"-x", "a b", "$HOME;*", "ünï"});
}

TEST_CASE("the daemon's environment does not reach the program") {
  ::setenv("LD_PRELOAD_TEST", "secret", 1);
  std::string names;
  const auto all = facts();
  for (auto [at, end] = all.equal_range("environment"); at != end; ++at)
    names += at->second.substr(0, at->second.find('=')) + " ";
  CHECK(names == "PATH SPOOLD_QUEUE SPOOLD_ID SPOOLD_KEY SPOOLD_ATTEMPT SPOOLD_OPERATION SPOOLD_RUN ");
}
