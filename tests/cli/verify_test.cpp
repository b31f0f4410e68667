#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "os/file_lock.hpp"
#include "os/posix_file_system.hpp"
#include "queue_fixture.hpp"

using namespace spoold::test;
using Catch::Contains;
using Catch::EndsWith;

namespace {

constexpr const char* entry = R"({"operation":"a"})";
constexpr const char* ours = "05_01767328963000050032.json";

// Found by a look, mended by a repair, and gone at the next look.
void check_mended(const CliQueue& queue, const std::string& line) {
  const auto found = queue.run({"verify"});
  CHECK(found.exit_status == 1);
  CHECK_THAT(found.out, Contains(line));
  const auto mended = queue.run({"verify", "--repair"});
  CHECK_THAT(mended.out, Contains("; mended ("));
  CHECK(mended.exit_status == 0);
  const auto again = queue.run({"verify"});
  CHECK(again.out == queue.path() + " is in order\n");
  CHECK(again.exit_status == 0);
}

}  // namespace

TEST_CASE("a sound queue is in order, and 0") {
  const CliQueue queue;
  queue.put("pending", "3_foreign.json", entry);
  queue.put("completed", ours, entry);
  const auto result = queue.run({"verify"});
  CHECK(result.exit_status == 0);
  CHECK(result.out == queue.path() + " is in order\n");
  CHECK(queue.run({"verify", "--json"}).out.empty());
}

TEST_CASE("verify finds and mends a missing directory") {
  const CliQueue queue;
  ::rmdir((queue.path() + "/cancelled").c_str());
  check_mended(queue, "directory " + queue.path() + "/cancelled: it is not there; --repair: make it anew\n");
}

TEST_CASE("verify finds and mends a directory that others may write") {
  const CliQueue queue;
  ::chmod((queue.path() + "/failed").c_str(), 0777);
  check_mended(queue, "failed: mode 0777 lets others write; --repair: chmod 0700");
}

TEST_CASE("verify finds and mends a lost sequence") {
  const CliQueue queue;
  ::unlink((queue.path() + "/.seq").c_str());
  check_mended(queue, "sequence  " + queue.path() + "/.seq: it is not there");
}

TEST_CASE("verify moves a stray to corrupt, with its reason") {
  const CliQueue queue;
  queue.put("pending", "notes.txt", "hello");
  check_mended(queue, "stray     pending/notes.txt: its name is no entry's");
  CHECK(queue.names("corrupt").size() == 2);
  CHECK(queue.names("pending").empty());
}

TEST_CASE("verify gives an entry under a foreign name one of the queue's own") {
  const CliQueue queue;
  queue.put("failed", "3_mine.json", entry);
  check_mended(queue, "name      failed/3_mine.json: it has no name of the queue's own");
  REQUIRE(queue.names("failed").size() == 1);
  CHECK_THAT(queue.names("failed")[0], Catch::StartsWith("03_") && Catch::EndsWith("~3_mine.json"));
}

TEST_CASE("verify moves what is deferred without a time to pending") {
  const CliQueue queue;
  queue.put("deferred", ours, entry);
  check_mended(queue, "name      deferred/" + std::string(ours) + ": its name tells no time");
  CHECK(queue.names("pending") == std::vector<std::string>{ours});
}

TEST_CASE("of an id that is there twice the one that is further on stays") {
  const CliQueue queue;
  queue.put("pending", ours, entry);
  queue.put("completed", "05_01767328963000050032.a1.json", entry);
  check_mended(queue,
               "duplicate pending/" + std::string(ours) +
                   ": its id is also that of completed/05_01767328963000050032.a1.json; --repair: move it to "
                   "corrupt/");
  CHECK(queue.names("pending").empty());
  CHECK(queue.names("completed").size() == 1);
}

TEST_CASE("verify brings back what lies in processing without a daemon, and leaves it with one") {
  const CliQueue queue;
  queue.put("processing", "05_01767328963000050032.a1.json", entry);
  {
    spoold::PosixFileSystem files;
    const auto lock = spoold::FileLock::take(files.open_directory(queue.path())->handle, ".lock");
    REQUIRE(lock.has_value());
    CHECK(queue.run({"verify"}).exit_status == 0);
    const auto refused = queue.run({"verify", "--repair"});
    CHECK(refused.exit_status == 75);
    CHECK_THAT(refused.err, Contains("stop it first"));
  }
  check_mended(queue, "orphan    processing/");
  CHECK(queue.names("pending") == std::vector<std::string>{"05_01767328963000050032.a1.c1.json"});
}

TEST_CASE("verify removes leftovers: old files in staging, reasons of nothing") {
  const CliQueue queue;
  queue.directory().write("q/.tmp/x.json", "{");
  queue.set_modified(".tmp/x.json", 1'700'000'000);
  queue.put("corrupt", "gone.json.reason", "why");
  check_mended(queue, "leftover  .tmp/x.json: whoever wrote it never finished");
  CHECK(queue.names("corrupt").empty());
  CHECK(queue.names(".tmp").empty());
}

TEST_CASE("verify puts what is no plain file into corrupt, and takes others' rights away") {
  const CliQueue queue;
  queue.put("completed", ours, entry);
  ::link((queue.path() + "/completed/" + ours).c_str(), (queue.directory() / "second").c_str());
  queue.put("failed", "05_01767328963000050033.json", entry);
  ::chmod((queue.path() + "/failed/05_01767328963000050033.json").c_str(), 0666);
  check_mended(queue, "mode      failed/05_01767328963000050033.json: others may write it");
  CHECK(queue.names("completed").empty());
}

TEST_CASE("a repair that was cut short between the swap and its end is finished") {
  const CliQueue queue;
  std::filesystem::create_directory(queue.path() + "/.tmp/swapped-pending");
  queue.directory().write("q/.tmp/swapped-pending/" + std::string(ours), entry);
  check_mended(queue, "leftover  .tmp/swapped-pending: a repair of pending/ was cut short");
  CHECK(queue.names("pending") == std::vector<std::string>{ours});
}

TEST_CASE("an emptied directory gets its size back, with its mode") {
  const CliQueue queue;
  const std::string pending = queue.path() + "/pending";
  const auto size = [&] { return run_program({"stat", "-c", "%s", pending}).out; };
  for (int i = 0; i < 6000; ++i) {
    queue.put("pending", std::string(200, 'x') + std::to_string(i) + ".json", "");
  }
  for (const auto& name : queue.names("pending")) ::unlink((pending + "/" + name).c_str());
  if (std::stol(size()) <= 65536) return;  // not every file system keeps it
  ::chmod(pending.c_str(), 0700);
  // It works as well as any other, so this is no problem.
  const auto found = queue.run({"verify"});
  CHECK(found.exit_status == 0);
  CHECK_THAT(found.out, Contains("swollen   pending/: it is empty and still ") &&
                            EndsWith(queue.path() + " is in order\n"));
  const auto mended = queue.run({"verify", "--repair"});
  CHECK(mended.exit_status == 0);
  CHECK_THAT(mended.out, Contains("; mended (") && EndsWith(queue.path() + " is in order\n"));
  CHECK(queue.run({"verify"}).out == queue.path() + " is in order\n");
  CHECK(std::stol(size()) <= 65536);
  CHECK(run_program({"stat", "-c", "%a", pending}).out == "700\n");
  CHECK(queue.run({"enqueue", "-o", "a"}).exit_status == 0);
}

TEST_CASE("verify as JSON has one object a problem") {
  const CliQueue queue;
  queue.put("pending", "notes.txt", "hello");
  const auto result = queue.run({"verify", "--json"});
  CHECK(result.exit_status == 1);
  CHECK(result.out ==
        "{\"kind\":\"stray\",\"place\":\"pending/notes.txt\",\"problem\":\"its name is no entry's: it ends "
        "neither in .json nor in .jsonl\",\"remedy\":\"move it to "
        "corrupt/\",\"repairable\":true,\"repaired\":false,\"trouble\":null}\n");
}

TEST_CASE("verify without a queue says so, and 66") {
  const TempDirectory directory;
  CHECK(run_spoolctl({"--queue", directory / "q", "verify"}).exit_status == 66);
}
