// The queue's directory, or one in it, goes away or becomes another under a daemon at work.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>

#include "integration/storm.hpp"
#include "support/small_disk.hpp"

using namespace spoold::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* quick_scan = "idle_exit: 0, rescan_interval: 1s";

// The daemon stands still while it happens, with entries to claim as soon as it goes on.
ProgramResult end_of_daemon_after(const DaemonFixture& fixture, const std::function<void()>& what_happens) {
  const auto daemon = fixture.start_spoold();
  daemon->send_signal(SIGSTOP);
  what_happens();
  daemon->send_signal(SIGCONT);
  ProgramResult ended = daemon->wait();
  INFO(ended.err);
  CHECK(ended.exit_status == 74);
  CHECK(ended.err.find(fixture.queue()) != std::string::npos);
  return ended;
}

// Every file under it, by its path.
Tags all_files(const std::string& path) {
  Tags files;
  for (const auto& each : fs::recursive_directory_iterator(path)) {
    if (!each.is_directory()) files.insert(each.path().string());
  }
  return files;
}

}  // namespace

TEST_CASE("a queue that is removed ends the daemon with 74, and it is not made anew") {
  DaemonFixture fixture{quick_scan};
  fixture.enqueue(effect_sql("x"));
  fixture.wait_for_names("pending", 1);
  end_of_daemon_after(fixture, [&] {
    // Again where the daemon wrote something meanwhile.
    std::error_code problem;
    while (fs::exists(fixture.queue())) fs::remove_all(fixture.queue(), problem);
  });
  CHECK_FALSE(fs::exists(fixture.queue()));
}

TEST_CASE("what runs when the queue is moved away is told to end, and has ended before the daemon") {
  DaemonFixture fixture;
  const std::string begun = fixture.path("begun");
  const std::string heard = fixture.path("heard");
  REQUIRE(::mkfifo(begun.c_str(), 0600) == 0);
  const std::string program =
      fixture.script("run", "trap 'sleep 0.3; echo > " + heard + "; exit 0' TERM\necho > " + begun +
                                "\nwhile :; do sleep 0.01; done");
  fixture.write_lanes("idle_exit: 0", "backends:\n  run: { type: command, program: " + program +
                                          " }\nroutes:\n  - { operation: \"*\", backend: run }\n");
  const auto daemon = fixture.start_spoold();
  REQUIRE(fixture.spoolctl({"enqueue", "-o", "run"}).exit_status == 0);
  std::string line;
  std::getline(std::ifstream{begun}, line);  // waits for it
  fs::rename(fixture.queue(), fixture.path("away"));
  const ProgramResult ended = daemon->wait();
  INFO(ended.err);
  CHECK(ended.exit_status == 74);
  CHECK(fs::exists(heard));
}

TEST_CASE(
    "a queue in another's place is not touched by the daemon of the first, and the first loses nothing") {
  DaemonFixture fixture{quick_scan};
  // The queue that is to take its place, with an entry of its own.
  fixture.enqueue(effect_sql("new"));
  const std::string other = fixture.path("other");
  fs::rename(fixture.queue(), other);
  REQUIRE(fixture.spoolctl({"init"}).exit_status == 0);
  const Tags before = all_files(other);

  const std::string away = fixture.path("away");
  end_of_daemon_after(fixture, [&] {
    fixture.enqueue(effect_sql("old"));
    fs::rename(fixture.queue(), away);
    fs::rename(other, fixture.queue());
  });
  fs::rename(fixture.queue(), other);
  CHECK(all_files(other) == before);
  fs::rename(away, fixture.queue());
  check_places(fixture);
  CHECK(fixture.spoold({"--drain"}).exit_status == 0);
  CHECK(fixture.sql("SELECT tag FROM effect") == std::vector<std::string>{"old"});
  fs::rename(fixture.queue(), away);
  fs::rename(other, fixture.queue());
  CHECK(fixture.spoold({"--drain"}).exit_status == 0);
  CHECK(fixture.sql("SELECT tag FROM effect") == std::vector<std::string>{"old", "new"});
}

TEST_CASE(
    "a directory of the queue that becomes a symlink ends the daemon, and nothing goes where it leads") {
  const std::string name = GENERATE("pending", "processing", "completed", ".tmp");
  DaemonFixture fixture{quick_scan};
  const std::string trap = fixture.path("trap");
  fs::create_directory(trap);
  end_of_daemon_after(fixture, [&] {
    fixture.enqueue(effect_sql("x"));
    fs::rename(fixture.queue() + "/" + name, fixture.path("away"));
    fs::create_directory_symlink(trap, fixture.queue() + "/" + name);
  });
  CHECK(fs::is_empty(trap));
  CHECK(fixture.spoold({"--once"}).exit_status == 74);
  fs::remove(fixture.queue() + "/" + name);
  fs::rename(fixture.path("away"), fixture.queue() + "/" + name);
  CHECK(fixture.spoold({"--drain"}).exit_status == 0);
  check_all_done(fixture, {"x"});
}

TEST_CASE("a file system mounted over the queue ends the daemon, and gets nothing of it") {
  if (!may_mount()) return;  // asked before the daemon starts, which is to see this one
  DaemonFixture fixture{quick_scan};
  std::unique_ptr<SmallDisk> over;
  end_of_daemon_after(fixture, [&] {
    fixture.enqueue(effect_sql("x"));
    over = std::make_unique<SmallDisk>(fixture.queue());
  });
  CHECK(fs::is_empty(fixture.queue()));
  over.reset();
  CHECK(fixture.spoold({"--drain"}).exit_status == 0);
  check_all_done(fixture, {"x"});
}

TEST_CASE("commands that run when the queue goes away are ended with the daemon") {
  DaemonFixture fixture;
  const std::string gate = fixture.path("gate");
  REQUIRE(::mkfifo(gate.c_str(), 0600) == 0);
  const std::string program = fixture.script("stay", "echo $$ > '" + gate + "'; exec sleep 1000");
  fixture.write_lanes(quick_scan, "backends: { run: { type: command, program: " + program + " } }\n");
  const auto daemon = fixture.start_spoold();
  REQUIRE(fixture.spoolctl({"enqueue", "--operation", "run"}).exit_status == 0);
  pid_t pid = 0;
  std::ifstream{gate} >> pid;
  REQUIRE(pid > 0);
  fs::rename(fixture.queue(), fixture.path("away"));
  CHECK(daemon->wait().exit_status == 74);
  CHECK(::kill(pid, 0) != 0);
}

TEST_CASE("a directory of the queue on another file system is refused at the start, and named") {
  if (!may_mount()) return;
  const std::string name = GENERATE("processing", "completed", ".tmp");
  DaemonFixture fixture;
  fixture.enqueue(effect_sql("x"));
  const auto over = std::make_unique<SmallDisk>(fixture.queue() + "/" + name);
  const ProgramResult run = fixture.spoold({"--once"});
  CHECK(run.exit_status == 74);
  CHECK(run.err.find(name) != std::string::npos);
  CHECK(fixture.names("pending").size() == 1);
}
