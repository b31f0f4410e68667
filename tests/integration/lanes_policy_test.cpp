#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>

#include "entry/entry_name.hpp"
#include "integration/daemon_fixture.hpp"
#include "support/http_server.hpp"

// What lanes are configured to do, seen through the programs.

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

namespace {

std::string https_lane(const HttpServer& server, const std::string& more) {
  return "backends: { web: { type: http, url: \"" + server.url("/echo") + "\"" + more + " } }\n";
}

EntryName named(int priority, std::chrono::nanoseconds ago) {
  EntryName name;
  name.priority = priority;
  name.seq = static_cast<std::uint64_t>((std::chrono::system_clock::now().time_since_epoch() - ago).count());
  return name;
}

std::string insertion(const std::string& tag) {
  return "{\"operation\":\"t\",\"sql\":\"INSERT INTO effect VALUES('" + tag + "')\"}";
}

}  // namespace

TEST_CASE("entries wait for a server whose certificate is not trusted, and are done once it is") {
  DaemonFixture fixture;
  const HttpServer server{HttpServer::Scheme::https};
  fixture.write_lanes("", https_lane(server, ""));
  for (int i = 0; i < 3; ++i)
    REQUIRE(fixture.spoolctl({"enqueue", "-o", "hook", "--body", "{}"}).exit_status == 0);
  const auto daemon = fixture.start_spoold();
  daemon->wait_for_output("self-signed certificate");
  CHECK(server.begun() == 0);
  CHECK(fixture.names("failed").empty());

  fixture.write_lanes("", https_lane(server, ", ca_file: " + server.certificate_file()));
  daemon->send_signal(SIGHUP);
  fixture.wait_for_names("completed", 3);
  for (const std::string& name : fixture.names("completed"))
    CHECK(name.find(".a1.json") != std::string::npos);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}

TEST_CASE("with ageing what has waited long passes better priorities; without, it does not") {
  const bool ageing = GENERATE(true, false);
  CAPTURE(ageing);
  DaemonFixture fixture{ageing ? "ageing: 1h" : "", "batch: 1"};
  fixture.drop(format_entry_name(named(10, 20h)), insertion("old"));
  fixture.drop(format_entry_name(named(2, 0h)), insertion("new"));
  CHECK(fixture.spoold({"--once"}).exit_status == 0);
  CHECK(fixture.sql("SELECT group_concat(tag, ' ') FROM (SELECT tag FROM effect ORDER BY rowid)").front() ==
        (ageing ? "old new" : "new old"));
}
