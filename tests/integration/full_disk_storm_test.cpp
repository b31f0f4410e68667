// Producers and the daemon at work at once on file systems that run full, of bytes and of inodes, or turn
// read-only. Needs root, for mount(2) in a namespace of its own.
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

using ProgramPtr = std::unique_ptr<Program>;

// Each tells the tag of what was enqueued, a line each, until it is refused; that goes to standard error with
// the exit status.
ProgramPtr start_producer(const DaemonFixture& fixture, const std::string& tag, const std::string& entry) {
  const std::string script = "for ((i = 0; ; i++)); do said=$('" SPOOLCTL_PROGRAM "' --config '" +
                             fixture.config() + "' enqueue 2>&1 <<<\"" + entry +
                             "\") || { echo \"refused with $?: $said\" >&2; exit 0; }; echo " + tag +
                             "-$i; done";
  return std::make_unique<Program>(std::vector<std::string>{"bash", "-c", script});
}

// Entries that fill a disk quickly: what they carry beside their SQL is never read.
std::string entry_json(const std::string& what) {
  const std::string ballast(3000, 'x');
  std::string text = "{\"metadata\":{\"ballast\":\"" + ballast + "\"}," + what + "}";
  std::string escaped;
  for (const char c : text) {
    if (c == '"') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

void write_lanes(const DaemonFixture& fixture) {
  const std::string program = fixture.script("mark", "cat >> $0.log");
  fixture.write_lanes("", "backends:\n  main: { type: sqlite, database: " + fixture.database() +
                              " }\n  run: { type: command, program: " + program +
                              " }\nroutes:\n  - { operation: run, backend: run }\n"
                              "  - { operation: \"*\", backend: main }\n");
}

// What can be taken away again, bytes and inodes.
void put_filler(const DaemonFixture& fixture) {
  fs::create_directory(fixture.path("queue/filler"));
  for (int i = 0; i < 30; ++i) {
    std::ofstream{fixture.path("queue/filler/" + std::to_string(i))} << std::string(4096, 'x');
  }
}

Tags lines_of(const std::string& file) {
  std::ifstream in{file};
  Tags lines;
  std::size_t count = 0;
  for (std::string line; std::getline(in, line); ++count) lines.insert(line);
  CHECK(lines.size() == count);  // none ran twice
  return lines;
}

void end(Program& daemon) {
  daemon.send_signal(SIGTERM);
  CHECK(daemon.wait().exit_status == 0);
}

void outlive_a_full_disk(const DaemonFixture& fixture) {
  write_lanes(fixture);
  REQUIRE(fixture.spoolctl({"init"}).exit_status == 0);
  fixture.sql("CREATE TABLE effect(tag TEXT NOT NULL)");
  put_filler(fixture);
  ProgramPtr daemon = fixture.start_spoold();
  std::vector<ProgramPtr> producers;
  producers.push_back(start_producer(
      fixture, "good",
      entry_json(R"~("operation":"test","sql":"INSERT INTO effect(tag) VALUES('good-$i')")~")));
  producers.push_back(start_producer(
      fixture, "bad", entry_json(R"~("operation":"test","sql":"INSERT INTO nowhere VALUES(1)")~")));
  producers.push_back(
      start_producer(fixture, "run", entry_json("\"operation\":\"run\",\"stdin\":\"run-$i\\n\"")));
  for (const char* done : {"completed", "dead_lettered"}) {
    daemon->wait_for_output("\"event\":\"" + std::string(done) + "\"");
  }
  // It must not hold the last page or inode itself when the disk is full, or it could go on with that one.
  end(*daemon);
  std::vector<Tags> acknowledged;
  for (const ProgramPtr& producer : producers) {
    const ProgramResult result = producer->wait();
    acknowledged.emplace_back();
    add_lines(acknowledged.back(), result.out);
    INFO(result.err);
    CHECK((result.err.find("refused with 74") == 0 || result.err.find("refused with 75") == 0));
    CHECK((result.err.find("space") != std::string::npos || result.err.find("inodes") != std::string::npos));
  }
  daemon = fixture.start_spoold();
  daemon->wait_for_output("\"event\":\"storage_trouble\"");
  CHECK(fixture.names("corrupt").empty());

  fs::remove_all(fixture.path("queue/filler"));
  const Tags& good = acknowledged[0];
  const Tags& bad = acknowledged[1];
  const Tags& commands = acknowledged[2];
  fixture.wait_for_names("completed", good.size() + commands.size());
  fixture.wait_for_names("failed", bad.size());
  end(*daemon);
  check_places(fixture);
  const std::vector<std::string> effects = fixture.sql("SELECT tag FROM effect");
  CHECK(effects.size() == good.size());
  CHECK(Tags{effects.begin(), effects.end()} == good);
  CHECK(lines_of(fixture.path("mark.log")) == commands);
  for (const char* folder : {"pending", "processing", "deferred", "corrupt"})
    CHECK(fixture.names(folder).empty());
}

}  // namespace

TEST_CASE("under producers and the daemon at once a small disk runs full, loses nothing and blames nobody") {
  const std::string limits = GENERATE("size=600k", "nr_inodes=100");
  DaemonFixture fixture{"", "", false};
  const SmallDisk disk{fixture.queue(), limits};
  outlive_a_full_disk(fixture);
}

TEST_CASE("ext4 without a block or an inode left loses nothing and blames nobody") {
  const std::vector<std::string> shape = GENERATE(
      std::vector<std::string>{"-N", "1024", "-O", "^has_journal"}, std::vector<std::string>{"-N", "120"});
  DaemonFixture fixture{"", "", false};
  const bool few_inodes = shape[1] == "120";
  const LoopDisk disk{fixture.path("image"), fixture.queue(), few_inodes ? "4M" : "800k", shape};
  if (!disk.mount()) return;  // no loop devices here
  fs::remove(fixture.queue() + "/lost+found");
  fs::permissions(fixture.queue(), fs::perms::owner_all);
  outlive_a_full_disk(fixture);
}

TEST_CASE("a file system that turns read-only under the daemon stops it from claiming, and loses nothing") {
  DaemonFixture fixture{"", "", false};
  const LoopDisk disk{fixture.path("image"), fixture.queue(), "8M", {"-N", "512"}};
  if (!disk.mount()) return;  // no loop devices here
  fs::remove(fixture.queue() + "/lost+found");
  fs::permissions(fixture.queue(), fs::perms::owner_all);
  REQUIRE(fixture.spoolctl({"init"}).exit_status == 0);
  fixture.sql("CREATE TABLE effect(tag TEXT NOT NULL)");
  const auto daemon = fixture.start_spoold();
  fixture.enqueue(effect_sql("before"));
  fixture.wait_for_names("completed", 1);
  daemon->send_signal(SIGSTOP);
  Tags acknowledged{"before"};
  for (int i = 0; i < 5; ++i) {
    fixture.enqueue(effect_sql(std::to_string(i)));
    acknowledged.insert(std::to_string(i));
  }
  disk.turn_read_only();
  daemon->send_signal(SIGCONT);
  daemon->wait_for_output("\"event\":\"storage_trouble\"");
  CHECK(fixture.sql("SELECT count(*) FROM effect").front() == "1");
  CHECK(fixture.names("pending").size() == 5);
  const ProgramResult refused = fixture.spoolctl({"enqueue", "--operation", "test", "--sql", "SELECT 1"});
  CHECK(refused.exit_status == 73);
  CHECK(refused.err.find("Read-only") != std::string::npos);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);

  REQUIRE(disk.unmount());
  REQUIRE(disk.mount());
  CHECK(fixture.spoold({"--drain"}).exit_status == 0);
  check_all_done(fixture, acknowledged);
  for (const std::string& name : fixture.names("completed"))
    CHECK(name.find(".a1.json") != std::string::npos);
}
