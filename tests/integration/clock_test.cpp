#include <catch2/catch.hpp>
#include <csignal>

#include "integration/daemon_fixture.hpp"

using namespace spoold::test;

namespace {

// What a clock that has stepped back a year since leaves in deferred/ (in 2286, as far ahead as 13 digits
// reach).
constexpr const char* stuck = "9999999999999_05_01767328963000050032.a1.json";
constexpr const char* scheduled = "9999999999998_05_01767328963000050033.json";

}  // namespace

TEST_CASE("an entry that a step back of the clock left far ahead is tried again, a scheduled one stays") {
  DaemonFixture fixture;
  fixture.write_lanes("",
                      "retry: { initial: 10ms, max: 20ms }\nbackends: { main: { type: sqlite, database: " +
                          fixture.database() + " } }\n");
  fixture.drop_into("deferred", stuck,
                    R"~({"operation":"test","sql":"INSERT INTO effect VALUES('stuck')","retries":1})~");
  fixture.drop_into("deferred", scheduled,
                    R"~({"operation":"test","sql":"INSERT INTO effect VALUES('scheduled')"})~");
  const auto daemon = fixture.start_spoold();
  fixture.wait_for_names("completed", 1);
  CHECK(fixture.sql("SELECT tag FROM effect") == std::vector<std::string>{"stuck"});
  CHECK(fixture.names("deferred") == std::vector<std::string>{scheduled});
  CHECK(fixture.names("completed").front().find(".a2.json") != std::string::npos);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}
