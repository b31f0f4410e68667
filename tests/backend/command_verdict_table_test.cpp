#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <limits>
#include <map>
#include <regex>

#include "backend/command_bench.hpp"
#include "backend/command_proc.hpp"
#include "support/page_table.hpp"

// The table of docs/command.md, each row of it run with a real program.

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

namespace {

int watches_left = std::numeric_limits<int>::max();

}  // namespace

// In the C library's place: the system's own limit (max_user_watches) is not for this process alone.
extern "C" int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept {
  if (operation == EPOLL_CTL_ADD && watches_left-- <= 0) {
    errno = ENOSPC;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_epoll_ctl, epoll, operation, fd, event));
}

namespace {

std::string first_word(const std::string& text) {
  return text.substr(0, text.find_first_of(":, ("));
}

// The exit statuses that a row names.
std::vector<int> statuses_in(const std::string& row) {
  std::vector<int> statuses;
  const std::regex number{R"(\d+)"};
  for (std::sregex_iterator at(row.begin(), row.end(), number), end; at != end; ++at) {
    statuses.push_back(std::stoi(at->str()));
  }
  return statuses;
}

std::string without_descriptors() {
  CommandBench bench;
  CHECK(bench.run() == "done");
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit tight = before;
  tight.rlim_cur = 3;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
  std::string outcome = bench.run();
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  return outcome;
}

std::string unwatched() {
  CommandBench bench;
  CHECK(bench.run() == "done");
  std::string outcome;
  for (int watches = 0; watches < 4; ++watches) {  // its pidfd and three pipes
    CAPTURE(watches);
    watches_left = watches;
    outcome = bench.run(R"({"stdin":"x"})");
    watches_left = std::numeric_limits<int>::max();
    CHECK(outcome == "retry: ended at once: watch the program: No space left on device");
    CHECK(child_processes().value().empty());
  }
  return outcome;
}

// Whatever its exit status is.
std::string reaped_by_another(const std::string& script) {
  CommandBench bench{script};
  std::signal(SIGCHLD, SIG_IGN);  // now the kernel reaps
  std::string outcome = bench.run();
  std::signal(SIGCHLD, SIG_DFL);
  CHECK(outcome == "retry: how it ended is not known, for something else has reaped it: said");
  return outcome;
}

std::string reaped_by_another() {
  reaped_by_another("echo said >&2; exit 65");
  return reaped_by_another("echo said >&2; exit 0");
}

std::string stopped() {
  CommandBench bench{"echo x > \"$SPOOLD_QUEUE/told\"; sleep 600"};
  bench.when_told([&] { bench.backend().stop(); });
  return bench.run();
}

}  // namespace

TEST_CASE("each end of a program comes to what the page says") {
  const std::map<std::string, std::function<std::string()>> ways{
      {"a signal that was not ours", [] { return CommandBench{"kill -SEGV $$"}.run(); }},
      {"one that cannot be learnt, because something else has reaped the program",
       [] { return reaped_by_another(); }},
      {"ended by us because, once started, it could not be watched", unwatched},
      {"longer than `timeout`", [] { return CommandBench{"sleep 600"}.run("{}", 50ms); }},
      {"the daemon stops", stopped},
      {"the program cannot be executed, or the working directory not entered",
       [] {
         return CommandBench{"", [](CommandOptions& options) { options.program = "/nowhere/program"; }}.run();
       }},
      {"no process, descriptor or memory to be had", without_descriptors},
      {"arguments longer than the system or `max_argument_bytes` allows, or not allowed at all",
       [] { return CommandBench{}.run(R"({"args":[")" + std::string(200'000, 'x') + "\"]}"); }},
  };
  CommandBench exits{"exit $1"};
  std::vector<int> named;
  std::size_t found = 0;
  for (const auto& [what, verdict] : rows_of_table(SPOOLD_SOURCE_DIRECTORY "/docs/command.md", "end")) {
    CAPTURE(what);
    const std::string word = first_word(verdict) == "released" ? "interrupted" : first_word(verdict);
    if (what.rfind("exit status", 0) == 0) {
      for (const int status : statuses_in(what)) {
        CAPTURE(status);
        named.push_back(status);
        CHECK(first_word(exits.run(R"({"args":[")" + std::to_string(status) + "\"]}")) == word);
      }
    } else if (what == "any other exit status") {
      for (int status = 0; status < 256; ++status) {
        if (std::find(named.begin(), named.end(), status) != named.end()) continue;
        CAPTURE(status);
        CHECK(first_word(exits.run(R"({"args":[")" + std::to_string(status) + "\"]}")) == word);
      }
    } else {
      const auto way = ways.find(what);
      REQUIRE(way != ways.end());
      CHECK(first_word(way->second()) == word);
      ++found;
    }
  }
  CHECK(found == ways.size());
}
