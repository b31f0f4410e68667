#include "integration/storm.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <sstream>

#include "entry/entry_format.hpp"
#include "entry/entry_name.hpp"

namespace spoold::test {

namespace {

constexpr std::array states{"pending",   "processing", "deferred", "completed",
                            "cancelled", "failed",     "corrupt"};

}  // namespace

std::string effect_sql(const std::string& tag) {
  return "INSERT INTO effect(tag) VALUES('" + tag + "')";
}

std::string effect_json(const std::string& tag) {
  return R"({"operation":"test","sql":")" + effect_sql(tag) + "\"}";
}

void add_lines(Tags& tags, const std::string& output) {
  std::istringstream lines{output};
  for (std::string line; std::getline(lines, line);) tags.insert(line);
}

void check_places(const DaemonFixture& fixture) {
  std::map<std::uint64_t, std::string> places;
  for (const char* state : states) {
    for (const std::string& file_name : fixture.names(state)) {
      const auto name = parse_entry_name(file_name);
      if (!name) continue;
      const std::string place = std::string(state) + "/" + file_name;
      const auto [other, is_new] = places.emplace(name->seq, place);
      if (!is_new) FAIL_CHECK("one entry in two places: " << other->second << " and " << place);
      std::ifstream in{fixture.queue() + "/" + place};
      const std::string bytes{std::istreambuf_iterator<char>(in), {}};
      if (!parse_entry(bytes)) FAIL_CHECK(place << " is torn: " << bytes);
    }
  }
}

void check_all_done(const DaemonFixture& fixture, const Tags& acknowledged) {
  check_places(fixture);
  const std::vector<std::string> effects = fixture.sql("SELECT tag FROM effect ORDER BY tag");
  const Tags done{effects.begin(), effects.end()};
  CHECK(done.size() == effects.size());
  std::size_t lost = 0;
  for (const std::string& tag : acknowledged) lost += done.count(tag) == 0 ? 1 : 0;
  CHECK(lost == 0);
  for (const char* state : states) {
    INFO(state);
    CHECK(fixture.names(state).size() == (state == std::string("completed") ? done.size() : 0));
  }
}

std::vector<std::string> under_strace(const DaemonFixture& fixture, const std::string& injection,
                                      const std::vector<std::string>& paths,
                                      const std::vector<std::string>& command) {
  const std::string calls = injection.substr(0, injection.find(':'));
  std::vector<std::string> words{"strace",
                                 "-f",
                                 "-qq",
                                 "-o",
                                 fixture.path("trace"),
                                 "-e",
                                 "trace=" + calls,
                                 "-e",
                                 "inject=" + injection};
  for (const std::string& path : paths) {
    words.emplace_back("-P");
    words.push_back(path);
  }
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

ProgramOptions traced() {
  ProgramOptions options;
  options.environment["ASAN_OPTIONS"] = "detect_leaks=0";
  return options;
}

pid_t daemon_pid(const DaemonFixture& fixture) {
  pid_t pid = 0;
  std::ifstream{fixture.path("queue/.lock")} >> pid;
  REQUIRE(pid > 0);
  return pid;
}

}  // namespace spoold::test
