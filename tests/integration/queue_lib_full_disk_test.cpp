#include <catch2/catch.hpp>

#include "daemon_fixture.hpp"
#include "support/small_disk.hpp"

// A full disk under the queue: needs root, for mount(2).

using namespace spoold::test;
using Catch::Contains;

TEST_CASE("with the queue's disk full a write goes straight into the database, and is counted in the queue") {
  DaemonFixture fixture{"", "", false};
  const SmallDisk disk{fixture.queue()};
  REQUIRE(fixture.spoolctl({"init"}).exit_status == 0);
  fixture.sql("CREATE TABLE events(name TEXT)");
  const auto run = [&](const std::string& script, const char* spoolctl = SPOOLCTL_PROGRAM) {
    return run_program({"bash", "-c", "source '" QUEUE_LIB "'; " + script},
                       {.environment = {{"QUEUE_BASE_DIR", fixture.queue()},
                                        {"QUEUE_DATABASE", fixture.database()},
                                        {"QUEUE_CONFIG", fixture.config()},
                                        {"SPOOLCTL", spoolctl}}});
  };
  REQUIRE(run("queue_init_dirs").exit_status == 0);
  disk.fill();
  const auto write = [](int number) {
    return "queue_db_write \"INSERT INTO events VALUES ('" + std::to_string(number) + "')\" a; echo $?";
  };
  const auto first = run(write(1));
  CAPTURE(first.err);
  CHECK(first.out == "0\n");
  const auto second = run(write(2), "/no/such/spoolctl");
  CAPTURE(second.err);
  CHECK(second.out == "0\n");
  CHECK(fixture.sql("SELECT name FROM events ORDER BY 1") == std::vector<std::string>{"1", "2"});
  CHECK(fixture.names("pending").empty());
  CHECK(run("queue_stats_get direct").out == "2\n");
  CHECK(run_program({"cat", fixture.queue() + "/.direct"}).out == "00000000000000000002\n");
  disk.make_room();
  CHECK(run(write(3)).out == "0\n");
  CHECK(fixture.names("pending").size() == 1);
}
