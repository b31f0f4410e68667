// Real full and read-only file systems: needs root, for mount(2) in a namespace of its own.
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "integration/daemon_fixture.hpp"
#include "support/small_disk.hpp"

using namespace spoold::test;

TEST_CASE("on a full disk nothing is acknowledged by enqueue, and the message says what is missing") {
  DaemonFixture fixture{"", "", false};
  const SmallDisk disk{fixture.queue()};
  REQUIRE(fixture.spoolctl({"init"}).exit_status == 0);
  disk.fill();
  const ProgramResult refused = fixture.spoolctl({"enqueue", "--operation", "t", "--sql", "SELECT 1"});
  CHECK((refused.exit_status == 74 || refused.exit_status == 75));
  CHECK(refused.out.empty());
  CHECK(refused.err.find("space") != std::string::npos);
  CHECK(fixture.names("pending").empty());
  CHECK(std::filesystem::is_empty(fixture.path("queue/.tmp")));
}

TEST_CASE(
    "what cannot be recorded on a full disk stays, runs no second time, and is settled when there is room") {
  DaemonFixture fixture{"", "", false};
  const SmallDisk disk{fixture.queue()};
  REQUIRE(fixture.spoolctl({"init"}).exit_status == 0);
  fixture.sql("CREATE TABLE effect(tag TEXT NOT NULL)");
  fixture.enqueue("INSERT INTO nowhere VALUES(1)");
  fixture.enqueue("INSERT INTO effect VALUES('good')");
  disk.fill();
  const auto daemon = fixture.start_spoold();
  daemon->wait_for_output("storage_trouble");
  CHECK(fixture.names("failed").empty());
  CHECK(fixture.names("processing").size() == 1);
  disk.make_room();
  fixture.wait_for_names("failed", 1);
  fixture.wait_for_names("completed", 1);
  CHECK(fixture.sql("SELECT count(*) FROM effect").front() == "1");
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}

TEST_CASE("a database on a full disk makes its entries wait, and they are done when there is room") {
  DaemonFixture fixture{"", "", false};
  const SmallDisk disk{fixture.path("disk")};
  fixture.write_config("", "", "disk/work.db");
  REQUIRE(fixture.spoolctl({"init"}).exit_status == 0);
  fixture.sql("CREATE TABLE effect(tag TEXT NOT NULL)");
  const std::string big(100'000, 'x');
  for (int i = 0; i < 5; ++i) fixture.enqueue("INSERT INTO effect VALUES('" + big + "')");
  disk.fill();
  const auto daemon = fixture.start_spoold();
  daemon->wait_for_output("lane_unavailable");
  CHECK(fixture.names("failed").empty());
  CHECK(fixture.names("completed").empty());
  disk.make_room();
  fixture.wait_for_names("completed", 5);
  CHECK(fixture.sql("SELECT count(*) FROM effect").front() == "5");
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}

TEST_CASE("a stop on a full disk gives back what it could not record, and the next start counts no crash") {
  DaemonFixture fixture{"", "", false};
  const SmallDisk disk{fixture.queue()};
  REQUIRE(fixture.spoolctl({"init"}).exit_status == 0);
  fixture.sql("CREATE TABLE effect(tag TEXT NOT NULL)");
  fixture.enqueue("INSERT INTO nowhere VALUES(1)");
  disk.fill();
  const auto daemon = fixture.start_spoold();
  daemon->wait_for_output("storage_trouble");
  daemon->send_signal(SIGTERM);
  const ProgramResult stopped = daemon->wait();
  INFO(stopped.err);
  CHECK(stopped.exit_status == 0);
  CHECK(fixture.names("processing").empty());
  CHECK(fixture.names("pending").size() == 1);
  disk.make_room();
  CHECK(fixture.spoold({"--once"}).exit_status == 0);
  const auto failed = fixture.names("failed");
  REQUIRE(failed.size() == 1);
  CHECK(failed.front().find(".a1.json") != std::string::npos);
}
