#include <catch2/catch.hpp>
#include <fstream>
#include <regex>
#include <sstream>

#include "queue_fixture.hpp"

using namespace spoold::test;
using Catch::Contains;

namespace {

// "status", and what it is for: from `spoolctl --help`.
std::vector<std::string> verbs() {
  std::vector<std::string> names;
  const std::string help = run_spoolctl({"--help"}).out;
  std::istringstream lines{help.substr(help.find("Subcommands:"))};
  const std::regex verb{"  ([a-z]+) .*"};
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, verb)) names.push_back(match[1]);
    if (line.starts_with("Without any")) break;
  }
  return names;
}

std::vector<std::string> options_in(const std::string& help) {
  std::vector<std::string> options;
  std::istringstream lines{help};
  const std::regex option{"--[a-z][a-z-]*"};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  -")) continue;  // an option's own line, no example
    const std::string names = line.substr(0, line.find("  ", 2));
    for (std::sregex_iterator found{names.begin(), names.end(), option}, end; found != end; ++found) {
      options.push_back(found->str());
    }
  }
  return options;
}

std::string page() {
  std::ifstream file{std::string(SPOOLD_SOURCE_DIRECTORY) + "/packaging/man/spoolctl.1"};
  return {std::istreambuf_iterator<char>(file), {}};
}

// A shell that finds spoolctl and the queue.
std::string said_by(const std::vector<std::string>& shell, const CliQueue& queue) {
  const std::string program = SPOOLCTL_PROGRAM;
  ProgramOptions options;
  options.environment = {{"SPOOLD_QUEUE", queue.path()},
                         {"SPOOLD_CONFIG", {}},
                         {"HOME", queue.directory().path()},
                         {"PATH", program.substr(0, program.rfind('/')) + ":/usr/bin:/bin"}};
  const auto result = run_program(shell, options);
  CHECK(result.err.empty());
  return result.out;
}

// What bash offers for a command line that ends in its last word.
std::string offered(const CliQueue& queue, const std::string& words) {
  return said_by({"bash", "-c",
                  "source <(spoolctl completion bash); COMP_WORDS=(" + words +
                      "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _spoolctl; echo \"${COMPREPLY[*]}\""},
                 queue);
}

// What fish offers for a command line, a word a line, without what it says of each.
std::string offered_by_fish(const CliQueue& queue, const std::string& line) {
  return said_by(
      {"fish", "--no-config", "-c",
       "spoolctl completion fish | source; complete -C '" + line + "' | string replace -r '\\t.*' ''"},
      queue);
}

// What a command line is when Tab and Enter were pressed after it, in a zsh on a terminal that found the
// completion where a package puts it.
std::string completed_by_zsh(const CliQueue& queue, const std::string& line) {
  constexpr auto script = R"(
mkdir -p ~/functions; spoolctl completion zsh > ~/functions/_spoolctl
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'stty -echo; fpath=(~/functions $fpath); autoload -Uz compinit; compinit -u -D'
zpty -w shell 'preexec() { print -r "<$1>"; exit }; print BE""GIN'
zpty -r shell said '*BEGIN*'
zpty -w shell "$1"$'\t'
zpty -r shell said '*<*>*'
print -r -- ${${said##*<}%%>*}
)";
  return said_by({"timeout", "60", "zsh", "-f", "-c", script, "zsh", line}, queue);
}

}  // namespace

TEST_CASE("the manual page tells of every verb and every option that help does") {
  const std::string text = page();
  REQUIRE(verbs().size() > 12);
  INFO("made by: spoolctl completion man > packaging/man/spoolctl.1");
  for (const auto& verb : verbs()) {
    CAPTURE(verb);
    CHECK(text.find("\n.SS " + verb + "\n") != std::string::npos);
    const auto options = options_in(run_spoolctl({verb, "--help"}).out);
    for (const auto& option : options) {
      CAPTURE(option);
      const auto begin = text.find("\n.SS " + verb + "\n");
      const auto section = text.substr(begin, text.find("\n.S", begin + 1) - begin);
      const bool everywhere =
          option == "--help" || option == "--queue" || option == "--config" || option == "--instance";
      CHECK((everywhere ? text : section).find(replaced(option, "-", "\\-")) != std::string::npos);
    }
  }
}

TEST_CASE("the completion scripts know every verb and every option that help does") {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = run_spoolctl({"completion", shell}).out;
    CAPTURE(shell);
    for (const auto& verb : verbs()) {
      CAPTURE(verb);
      CHECK_THAT(script, Contains(verb));
      for (const auto& option : options_in(run_spoolctl({verb, "--help"}).out)) {
        CAPTURE(option);
        CHECK_THAT(script, Contains(shell == std::string("fish") ? "-l " + option.substr(2) : option));
      }
    }
  }
}

TEST_CASE("bash completes verbs, options, states, ids and lanes") {
  const CliQueue queue;
  queue.put("pending", "05_00000000000000000007.json", R"({"operation":"a"})");
  queue.directory().write("q/stats.json", R"({"lanes":[{"name":"main"},{"name":"llama"}]})");
  CHECK(offered(queue, "spoolctl sta").starts_with("sta"));
  CHECK_THAT(offered(queue, "spoolctl ''"), Contains("enqueue") && Contains("completion"));
  CHECK(offered(queue, "spoolctl list fa") == "failed\n");
  CHECK(offered(queue, "spoolctl list --js") == "--json\n");
  CHECK(offered(queue, "spoolctl cancel ''") == "00000000000000000007\n");
  CHECK(offered(queue, "spoolctl --queue " + queue.path() + " show ''") == "00000000000000000007\n");
  CHECK(offered(queue, "spoolctl pause ''") == "main llama\n");
  CHECK(offered(queue, "spoolctl completion ''") == "bash zsh fish\n");
}

TEST_CASE("fish completes verbs, options, states, ids and lanes") {
  const CliQueue queue;
  queue.put("pending", "05_00000000000000000007.json", R"({"operation":"a"})");
  queue.directory().write("q/stats.json", R"({"lanes":[{"name":"main"},{"name":"llama"}]})");
  CHECK(offered_by_fish(queue, "spoolctl sta") == "start\nstatus\n");
  CHECK(offered_by_fish(queue, "spoolctl list fa") == "failed\n");
  CHECK(offered_by_fish(queue, "spoolctl list --js") == "--json\n");
  CHECK(offered_by_fish(queue, "spoolctl cancel ") == "00000000000000000007\n");
  CHECK(offered_by_fish(queue, "spoolctl pause ") == "llama\nmain\n");
  CHECK(offered_by_fish(queue, "spoolctl completion ") == "bash\nfish\nzsh\n");
}

TEST_CASE("zsh completes verbs, options, states, ids and lanes") {
  const CliQueue queue;
  queue.put("pending", "05_00000000000000000007.json", R"({"operation":"a"})");
  queue.directory().write("q/stats.json", R"({"lanes":[{"name":"main"},{"name":"llama"}]})");
  CHECK(completed_by_zsh(queue, "spoolctl enq") == "spoolctl enqueue\n");
  CHECK(completed_by_zsh(queue, "spoolctl list fa") == "spoolctl list failed\n");
  CHECK(completed_by_zsh(queue, "spoolctl list --js") == "spoolctl list --json\n");
  CHECK(completed_by_zsh(queue, "spoolctl cancel 0") == "spoolctl cancel 00000000000000000007\n");
  CHECK(completed_by_zsh(queue, "spoolctl pause lla") == "spoolctl pause llama\n");
}

TEST_CASE("a shell that is not known is refused with those that are") {
  const auto result = run_spoolctl({"completion", "tcsh"});
  CHECK(result.exit_status == 64);
  CHECK(result.err == "spoolctl: no shell 'tcsh'; there are bash, zsh and fish\n");
}
