#include <unistd.h>

#include <catch2/catch.hpp>

#include "os/file_lock.hpp"
#include "os/posix_file_system.hpp"
#include "queue_fixture.hpp"

using namespace spoold::test;
using Catch::Contains;

TEST_CASE("init makes a queue and says so, and a second time that all is there") {
  const TempDirectory directory;
  const auto first = run_spoolctl({"--queue", directory / "q", "init"});
  CHECK(first.exit_status == 0);
  CHECK_THAT(first.out, Contains("made    " + directory / "q/pending/"));
  const auto second = run_spoolctl({"--queue", directory / "q", "init"});
  CHECK(second.exit_status == 0);
  CHECK_THAT(second.out, Contains("there   " + directory / "q/pending/") && !Contains("made"));
  CHECK(run_spoolctl({"--queue", directory / "q", "init", "--verify"}).exit_status == 0);
}

TEST_CASE("init completes a queue of which a directory is missing") {
  const CliQueue queue;
  ::rmdir((queue.path() + "/cancelled").c_str());
  CHECK(queue.run({"init", "--verify"}).exit_status == 1);
  const auto result = queue.run({"init"});
  CHECK_THAT(result.out, Contains("made    " + queue.path() + "/cancelled/") &&
                             Contains("there   " + queue.path() + "/pending/"));
  CHECK(queue.run({"init", "--verify"}).exit_status == 0);
}

TEST_CASE("init with a configuration makes the databases that are missing") {
  const TempDirectory directory;
  directory.write("c.yaml", "queue: {directory: " + directory / "q" +
                                "}\nbackends:\n  main: {type: sqlite, database: " + directory / "main.db" +
                                "}\n");
  const auto first = run_spoolctl({"--config", directory / "c.yaml", "init"});
  CAPTURE(first.err);
  CHECK(first.exit_status == 0);
  CHECK_THAT(first.out, Contains("made    " + directory / "main.db" + " (database of backend main)"));
  CHECK(directory.read("main.db").substr(0, 15) == "SQLite format 3");
  const auto second = run_spoolctl({"--config", directory / "c.yaml", "init"});
  CHECK_THAT(second.out, Contains("there   " + directory / "main.db"));
}

TEST_CASE("a queue and a database that root makes where another user is at home belong to that user") {
  if (::geteuid() != 0) return;
  const TempDirectory directory;
  REQUIRE(::chown(directory.path().c_str(), 65534, 65534) == 0);
  directory.write("c.yaml", "queue: {directory: " + directory / "q" +
                                "}\nbackends:\n  main: {type: sqlite, database: " + directory / "main.db" +
                                "}\n");
  REQUIRE(run_spoolctl({"--config", directory / "c.yaml", "init"}).exit_status == 0);
  const auto owners = run_program({"stat", "-c", "%u:%g", directory / "q", directory / "q/pending",
                                   directory / "q/.seq", directory / "main.db"});
  CHECK(owners.out == "65534:65534\n65534:65534\n65534:65534\n65534:65534\n");
}

TEST_CASE("init for a group lets it enqueue") {
  const TempDirectory directory;
  REQUIRE(run_spoolctl({"--queue", directory / "q", "init", "--group"}).exit_status == 0);
  const auto modes = run_program({"stat", "-c", "%a", directory / "q/pending", directory / "q/completed"});
  CHECK(modes.out == "2770\n2750\n");
}

TEST_CASE("init makes a missing database though a directory keeps the group out") {
  const TempDirectory directory;
  REQUIRE(run_spoolctl({"--queue", directory / "q", "init"}).exit_status == 0);
  directory.write("c.yaml", "queue: {directory: " + directory / "q" +
                                ", group: true}\nbackends:\n  main: {type: sqlite, database: " +
                                directory / "main.db" + "}\n");
  const auto verify = [&] { return run_spoolctl({"--config", directory / "c.yaml", "init", "--verify"}); };
  const auto before = verify();
  CHECK(before.exit_status == 1);
  CHECK_THAT(before.out, Contains(directory / "q/pending" +
                                  " keeps out the group that queue.group lets enqueue: chmod 2770 ") &&
                             Contains(directory / "main.db" +
                                      " (database of backend main) is not there: run spoolctl --config " +
                                      directory / "c.yaml" + " init\n"));
  const auto made = run_spoolctl({"--config", directory / "c.yaml", "init"});
  CHECK(made.exit_status == 73);
  CHECK_THAT(made.err, Contains("chmod 2770"));
  CHECK(made.out == "made    " + directory / "main.db" + " (database of backend main)\n");
  CHECK_THAT(verify().out, !Contains("main.db"));
  REQUIRE(run_program({"sh", "-c",
                       "cd \"$0\" && chmod 2750 . processing completed failed cancelled corrupt && "
                       "chmod 2770 .tmp pending deferred && chmod 660 .seq",
                       directory / "q"})
              .exit_status == 0);
  CHECK(verify().exit_status == 0);
}

TEST_CASE("reset counts the lines of a bundle") {
  const CliQueue queue;
  REQUIRE(queue.run({"enqueue", "--bundle"}, "{\"operation\":\"a\"}\n{\"operation\":\"b\"}\n").exit_status ==
          0);
  CHECK_THAT(queue.run({"init", "--reset", "--yes"}).out, Contains("removed 2 entries from pending/\n"));
}

TEST_CASE("init that cannot make the queue says why, and 73") {
  const TempDirectory directory;
  directory.write("file", "");
  const auto in_file = run_spoolctl({"--queue", directory / "file/q", "init"});
  CHECK(in_file.exit_status == 73);
  CHECK_THAT(in_file.err, Contains("spoolctl: cannot make " + directory / "file/q" + ": "));
  const auto too_deep = run_spoolctl({"--queue", directory / "a/b/q", "init"});
  CHECK(too_deep.exit_status == 73);
  CHECK_THAT(too_deep.err, Contains("mkdir -p '" + directory / "a/b" + "'"));
}

TEST_CASE("verify reports every problem, and 1") {
  const CliQueue queue;
  ::rmdir((queue.path() + "/failed").c_str());
  queue.put("pending", "notes.txt", "never runs");
  const auto result = queue.run({"init", "--verify"});
  CHECK(result.exit_status == 1);
  CHECK_THAT(result.out, Contains("failed") && Contains("notes.txt"));
}

TEST_CASE("reset removes every entry, and says how many of what") {
  const CliQueue queue;
  queue.put("pending", "05_00000000000000000007.json", R"({"operation":"a"})");
  queue.put("failed", "05_00000000000000000008.a1.json", R"({"operation":"a"})");
  const auto result = queue.run({"init", "--reset", "--yes"});
  CHECK(result.exit_status == 0);
  CHECK(result.out ==
        "removed 1 entry from pending/\nremoved 1 entry from failed/\n" + queue.path() + " is empty\n");
  CHECK(queue.names("pending").empty());
  CHECK(queue.names("failed").empty());
}

TEST_CASE("reset asks on a terminal, and anything but yes leaves all as it is") {
  const CliQueue queue;
  queue.put("pending", "05_00000000000000000007.json", R"({"operation":"a"})");
  const auto no = queue.run_on_terminal({"init", "--reset"}, "n\n");
  CHECK(no.exit_status == 1);
  CHECK_THAT(no.out, Contains("for good? [y/N]") && Contains("nothing is removed"));
  CHECK(queue.names("pending").size() == 1);
  const auto yes = queue.run_on_terminal({"init", "--reset"}, "y\n");
  CHECK(yes.exit_status == 0);
  CHECK(queue.names("pending").empty());
}

TEST_CASE("reset that cannot ask wants --yes, and 64") {
  const CliQueue queue;
  const auto result = queue.run({"init", "--reset"});
  CHECK(result.exit_status == 64);
  CHECK_THAT(result.err, Contains("add --yes"));
}

TEST_CASE("reset refuses while a daemon holds the queue, and names it, and 75") {
  const CliQueue queue;
  queue.put("pending", "05_00000000000000000007.json", R"({"operation":"a"})");
  spoold::PosixFileSystem files;
  const auto directory = files.open_directory(queue.path());
  const auto lock = spoold::FileLock::take(directory->handle, ".lock");
  REQUIRE(lock.has_value());
  const auto result = queue.run({"init", "--reset", "--yes"});
  CHECK(result.exit_status == 75);
  CHECK_THAT(result.err, Contains("pid " + std::to_string(::getpid())));
  CHECK(queue.names("pending").size() == 1);
}
