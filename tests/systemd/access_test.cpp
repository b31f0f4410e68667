#include <catch2/catch.hpp>

#include "systemd/machine.hpp"

using namespace spoold::test;
using Catch::Contains;

namespace {

void add_people(const Machine& machine) {
  machine.ask("useradd --create-home alice; usermod -aG spoold alice; useradd --create-home bob");
}

}  // namespace

TEST_CASE("a member of the group enqueues, by spoolctl and by hand") {
  const Machine machine;
  add_people(machine);
  machine.ask("umask 077\n" + enqueue_row("alice by spoolctl"), "alice");
  machine.ask(R"(cd /var/spool/spoold/default; umask 027
echo "{\"operation\":\"row.add\",\"sql\":\"INSERT INTO effect VALUES ('alice by hand')\"}" > .tmp/a.json
mv .tmp/a.json pending/a.json)",
              "alice");
  machine.wait_until("[ \"$(ls /var/spool/spoold/default/completed | wc -l)\" = 2 ]");
  CHECK(machine.sql("SELECT tag FROM effect ORDER BY tag") == "alice by hand\nalice by spoolctl");
  CHECK_THAT(machine.ask("cat /var/spool/spoold/default/completed/*"),
             Contains("\"submitter_uid\":" + machine.ask("id -u alice")));
}

TEST_CASE("who is not in the group is refused, and told why") {
  const Machine machine;
  add_people(machine);
  const ProgramResult refused = machine.run(enqueue_row("bob"), "bob");
  CHECK(refused.exit_status == 77);
  CHECK_THAT(refused.err, Contains("/var/spool/spoold/default") && Contains("Permission denied"));
  CHECK(machine.run("ls /var/spool/spoold", "bob").exit_status != 0);
  CHECK(machine.count("pending") == 0);
}

TEST_CASE("the daemon's own state can be read by neither") {
  const Machine machine;
  add_people(machine);
  machine.ask(enqueue_row("x"));
  machine.wait_until("[ -e /var/spool/spoold/default/stats.json ]");
  for (const std::string user : {"alice", "bob"}) {
    INFO(user);
    CHECK(machine.run("ls /var/lib/spoold", user).exit_status != 0);
    CHECK(machine.run("cat /var/lib/spoold/main.db", user).exit_status != 0);
    CHECK(machine.run("cat /var/spool/spoold/default/.lock", user).exit_status != 0);
    CHECK(machine.run("touch /var/spool/spoold/default/processing/x", user).exit_status != 0);
    CHECK(machine.run("touch /var/spool/spoold/default/completed/x", user).exit_status != 0);
  }
}
