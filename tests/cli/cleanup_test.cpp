#include <catch2/catch.hpp>
#include <filesystem>

#include "os/file_lock.hpp"
#include "os/posix_file_system.hpp"
#include "queue_fixture.hpp"

using namespace spoold::test;
using Catch::Contains;

namespace {

constexpr const char* done = "05_01767328963000050032.a1.json";
constexpr const char* dead = "05_01767328963000050033.a1.json";

// A queue with one entry that is done and one that failed; both just now.
class Over {
 public:
  CliQueue queue;
  Over() {
    queue.put("completed", done, R"({"operation":"chat","body":{"prompt":"hi"}})");
    queue.put("failed", dead, R"({"operation":"chat"})");
  }
  // What is old enough by --hours 0 is so by a nanosecond.
  [[nodiscard]] ProgramResult clean(std::vector<std::string> options) const {
    options.insert(options.begin(), {"cleanup", "--hours", "0"});
    return queue.run(options);
  }
};

}  // namespace

TEST_CASE("cleanup archives what is done, and zcat reads it") {
  const Over over;
  const auto result = over.clean({"--archive"});
  CHECK(result.exit_status == 0);
  CHECK(result.out == "archived 1 entry\n");
  CHECK(over.queue.names("completed").empty());
  CHECK(over.queue.names("failed").size() == 1);
  const auto archived = run_program({"sh", "-c", "zcat " + over.queue.path() + "/archive/*.jsonl.gz"});
  CHECK_THAT(archived.out,
             Contains("{\"id\":\"01767328963000050032\",\"file\":\"" + std::string(done) + "\"") &&
                 Contains("\"entry\":{\"operation\":\"chat\",\"body\":{\"prompt\":\"hi\"}}}"));
}

TEST_CASE("the first cleanup of a queue removes nothing by age, and says how to have it") {
  const Over over;
  const auto first = over.clean({"--purge-failed"});
  CHECK(first.exit_status == 0);
  CHECK(first.out == "nothing to clean up\n");
  CHECK_THAT(first.err, Contains("nothing was removed for its age") && Contains("--trust-clock"));
  const auto told = over.clean({"--purge-failed", "--trust-clock"});
  CHECK(told.out == "removed 1 entry from failed/\n");
  CHECK(told.err.empty());
  CHECK(over.queue.names("completed").size() == 1);
}

TEST_CASE("a cleanup that holds nothing back says nothing of the clock") {
  const Over over;
  CHECK(over.queue.run({"cleanup"}).err.empty());
  CHECK(over.queue.run({"cleanup", "--dry-run"}).err.empty());
  CHECK_THAT(over.clean({"--dry-run"}).err, Contains("nothing was removed for its age"));
}

TEST_CASE("a dry run prints exactly what would go, and leaves it") {
  const Over over;
  const auto result = over.clean({"--dry-run", "--trust-clock"});
  CHECK(result.out == "would archive completed/" + std::string(done) + "\nwould remove failed/" + dead +
                          "\nwould have archived 1 entry\nwould have removed 1 entry from failed/\n");
  CHECK(over.queue.names("completed").size() == 1);
  CHECK(over.queue.names("failed").size() == 1);
  CHECK(over.queue.names("archive") == std::vector<std::string>{".lock"});
}

TEST_CASE("cleanup as JSON has one object, after the files as lines") {
  const Over over;
  const auto result = over.clean({"--dry-run", "--trust-clock", "--json"});
  CHECK(result.out ==
        "{\"action\":\"archive\",\"path\":\"completed/" + std::string(done) +
            "\"}\n"
            "{\"action\":\"remove\",\"path\":\"failed/" +
            dead +
            "\"}\n"
            "{\"dry_run\":true,\"archived\":1,\"removed\":{\"completed\":0,\"failed\":1,\"cancelled\":0,"
            "\"corrupt\":0},\"archive_files_removed\":0,\"staging_removed\":0,\"log_rotated\":false,"
            "\"recovered\":0,\"recovered_as_failed\":0,\"clock_trusted\":true,\"problems\":[]}\n");
}

TEST_CASE("nothing to clean up is said") {
  const CliQueue queue;
  CHECK(queue.run({"cleanup", "--trust-clock"}).out == "nothing to clean up\n");
}

TEST_CASE("cleanup rotates a long log") {
  const CliQueue queue;
  queue.directory().write("q/worker.log", std::string(1024 * 1024 + 1, 'x'));
  CHECK(queue.run({"cleanup", "--trust-clock"}).out == "rotated worker.log\n");
  CHECK(queue.read("worker.log").empty());
  CHECK(queue.read("worker.log.1").size() == 1024 * 1024 + 1);
}

TEST_CASE("recover brings back what a dead daemon left, and refuses while one lives, with 75") {
  const CliQueue queue;
  queue.put("processing", "05_01767328963000050032.a1.json", R"({"operation":"a"})");
  {
    spoold::PosixFileSystem files;
    const auto lock = spoold::FileLock::take(files.open_directory(queue.path())->handle, ".lock");
    REQUIRE(lock.has_value());
    const auto refused = queue.run({"cleanup", "--recover"});
    CHECK(refused.exit_status == 75);
    CHECK_THAT(refused.err, Contains("held by another spoold"));
    CHECK(queue.names("processing").size() == 1);
  }
  CHECK_THAT(queue.run({"cleanup", "--recover", "--dry-run"}).out,
             Contains("would recover processing/05_01767328963000050032.a1.json"));
  const auto result = queue.run({"cleanup", "--recover"});
  CHECK(result.exit_status == 0);
  CHECK(result.out == "recovered 1 entry of processing/\n");
  CHECK(queue.names("pending") == std::vector<std::string>{"05_01767328963000050032.a1.c1.json"});
}

TEST_CASE("a second cleanup at the same time is refused, with 75") {
  const Over over;
  REQUIRE(over.clean({"--archive"}).exit_status == 0);
  spoold::PosixFileSystem files;
  const auto lock =
      spoold::FileLock::take(files.open_directory(over.queue.path() + "/archive")->handle, ".lock");
  REQUIRE(lock.has_value());
  const auto result = over.clean({"--archive"});
  CHECK(result.exit_status == 75);
  CHECK_THAT(result.err, Contains("another cleanup of this queue is at work"));
}

TEST_CASE("cleanup without a queue says so, and 66; a wrong number of hours 64") {
  const TempDirectory directory;
  CHECK(run_spoolctl({"--queue", directory / "q", "cleanup"}).exit_status == 66);
  CHECK(run_spoolctl({"--queue", directory / "q", "cleanup", "--hours", "many"}).exit_status == 64);
}
