#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <sstream>

#include "integration/daemon_fixture.hpp"

// What an entry costs in system calls: the difference between a run over few entries and one over more, so
// that starting and stopping do not count.

namespace spoold::test {

namespace {

constexpr int few = 200;
constexpr int more = 700;

using Counts = std::map<std::string, double>;

ProgramOptions options() {
  ProgramOptions options;
  options.environment["ASAN_OPTIONS"] = "detect_leaks=0";  // which cannot work under ptrace
  return options;
}

// The calls by name, of all threads.
Counts count(const TempDirectory& directory, std::vector<std::string> command,
             const std::string& input = "") {
  command.insert(command.begin(), {"strace", "-f", "-c", "-o", directory / "counts"});
  ProgramOptions with_input = options();
  with_input.input = input;
  const ProgramResult run = run_program(command, with_input);
  INFO(run.err);
  REQUIRE(run.exit_status == 0);
  Counts counts;
  std::istringstream lines{directory.read("counts")};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    std::vector<std::string> fields;
    for (std::string word; words >> word;) fields.push_back(word);
    if (fields.size() < 5 || fields[0].find_first_not_of("0123456789.") != std::string::npos) continue;
    counts[fields.back()] = std::stod(fields[3]);
  }
  REQUIRE(counts["execve"] == 1);
  return counts;
}

Counts per_entry(const std::function<Counts(int)>& run) {
  const Counts of_few = run(few);
  Counts each = run(more);
  for (auto& [name, calls] : each) {
    const auto before = of_few.find(name);
    calls = (calls - (before == of_few.end() ? 0 : before->second)) / (more - few);
  }
  return each;
}

std::string lines_of(int entries) {
  std::string lines;
  for (int i = 0; i < entries; ++i) {
    lines += R"({"operation":"test","sql":"INSERT INTO effect VALUES ()" + std::to_string(i) + ")\"}\n";
  }
  return lines;
}

Counts count_drain(int batch, int entries) {
  const DaemonFixture fixture{"", "batch: " + std::to_string(batch)};
  const TempDirectory directory;
  REQUIRE(fixture.spoolctl({"enqueue", "--jsonl"}, lines_of(entries)).exit_status == 0);
  Counts counts = count(directory, {SPOOLD_PROGRAM, "--config", fixture.config(), "--once"});
  REQUIRE(fixture.names("completed").size() == static_cast<std::size_t>(entries));
  return counts;
}

// The least of two runs: a slow one writes level.json more often, and looks at the queue's directories each
// time.
Counts calls_of_drain(int batch) {
  return per_entry([&](int entries) {
    Counts least = count_drain(batch, entries);
    for (const auto& [name, calls] : count_drain(batch, entries)) {
      const auto before = least.find(name);
      if (before != least.end()) before->second = std::min(before->second, calls);
    }
    return least;
  });
}

double sum_of_all(const Counts& counts) {
  return counts.at("total");
}

}  // namespace

TEST_CASE("a drained entry costs two renames and one reading, and its share of the batch") {
  Counts each = calls_of_drain(100);
  CHECK(each["renameat2"] == 2);
  CHECK(each["read"] == Approx(1).margin(0.03));
  CHECK(each["openat"] == Approx(1).margin(0.03));
  CHECK(each["close"] == Approx(1).margin(0.03));
  CHECK(each["newfstatat"] == Approx(2).margin(0.3));
  CHECK(each["getdents64"] <= 0.05);  // directories are not read for each batch
  CHECK(each["fdatasync"] <= 0.03);
  CHECK(each["fsync"] == 0);
  CHECK(each["write"] <= 0.05);  // a line of the log for a batch
  CHECK(sum_of_all(each) <= 9);
}

TEST_CASE("an entry in a batch of its own costs one commit") {
  Counts each = calls_of_drain(1);
  CHECK(each["renameat2"] == 2);
  // What is written four times a second at most (level.json) is in these too.
  CHECK(each["read"] == Approx(1).margin(0.2));
  CHECK(each["openat"] == Approx(1).margin(0.2));
  CHECK(each["newfstatat"] == Approx(3).margin(0.3));  // SQLite looks whether its file is still that
  CHECK(each["fdatasync"] == Approx(1).margin(0.05));
  CHECK(each["getdents64"] <= 0.05);
  CHECK(each["fsync"] == 0);
}

TEST_CASE("an enqueued entry costs five calls, of which one waits for the disk, and no more") {
  Counts each = per_entry([](int entries) {
    const DaemonFixture fixture;
    const TempDirectory directory;
    return count(directory, {SPOOLCTL_PROGRAM, "--config", fixture.config(), "enqueue", "--jsonl"},
                 lines_of(entries));
  });
  CHECK(each["openat"] == 1);
  CHECK(each["write"] == Approx(1).margin(0.01));
  CHECK(each["fsync"] + each["sync_file_range"] == 1);
  CHECK(each["close"] == 1);
  CHECK(each["renameat2"] == 1);
  CHECK(sum_of_all(each) <= 5.2);
}

TEST_CASE("one entry enqueued by itself waits for the disk twice, and for nothing else") {
  const DaemonFixture fixture;
  const TempDirectory directory;
  Counts counts = count(directory, {SPOOLCTL_PROGRAM, "--queue", fixture.queue(), "enqueue", "--operation",
                                    "test", "--sql", "SELECT 1"});
  CHECK(counts["fsync"] + counts["sync_file_range"] == 2);
  CHECK(counts["fsync"] >= 1);
  CHECK(counts["renameat2"] == 1);
  CHECK(counts["fdatasync"] == 0);
  CHECK(counts["getdents64"] <= 2);  // the list of journals in /proc, never a directory of the queue
  CHECK(counts["clone3"] + counts["clone"] == 0);
}

}  // namespace spoold::test
