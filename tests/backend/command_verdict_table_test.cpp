#include <sys/resource.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <regex>

#include "backend/command_bench.hpp"
#include "support/page_table.hpp"

// The table of docs/command.md, each row of it run with a real program.

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

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

std::string stopped() {
  CommandBench bench{"echo x > \"$SPOOLD_QUEUE/told\"; sleep 600"};
  bench.when_told([&] { bench.backend().stop(); });
  return bench.run();
}

}  // namespace

TEST_CASE("each end of a program comes to what the page says") {
  const std::map<std::string, std::function<std::string()>> ways{
      {"a signal that was not ours", [] { return CommandBench{"kill -SEGV $$"}.run(); }},
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
