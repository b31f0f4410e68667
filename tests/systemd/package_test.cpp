#include <catch2/catch.hpp>

#include "systemd/machine.hpp"

using namespace spoold::test;
using Catch::Contains;

TEST_CASE("installed, what waits for work is active and nothing runs") {
  const Machine machine;
  CHECK(machine.ask("systemctl is-active spoold.path spoold-due.timer spoold-cleanup.timer") ==
        "active\nactive\nactive");
  CHECK(machine.show("spoold.service", "ActiveState") == "inactive");
  CHECK(machine.ask("pgrep -c -u spoold || true") == "0");
  CHECK(machine.ask("systemctl list-units --failed --no-legend").empty());
  CHECK(machine.ask("spoolctl init --verify") == "/var/spool/spoold/default is in order");
}

TEST_CASE("systemd-analyze verify is silent about every unit") {
  const Machine machine;
  const ProgramResult result = machine.run(
      "systemd-analyze verify /lib/systemd/system/spoold*.service /lib/systemd/system/spoold*.path "
      "/lib/systemd/system/spoold*.timer");
  CHECK(result.exit_status == 0);
  CHECK(result.out + result.err == "");
}

TEST_CASE("the manual pages are there and without a fault of form") {
  const Machine machine;
  for (const std::string page : {"8 spoold", "1 spoolctl", "5 spoold.yaml", "7 spoold-queue"}) {
    INFO(page);
    const ProgramResult result = machine.run("man --warnings -P cat " + page + " >/dev/null");
    CHECK(result.exit_status == 0);
    CHECK(result.err == "");
  }
}

TEST_CASE("an upgrade keeps queue, database and configuration, and restarts what runs") {
  const Machine machine;
  machine.ask("systemctl start spoold");
  const std::string before = machine.show("spoold", "MainPID");
  machine.ask("echo '# mine' >> /etc/spoold/spoold.yaml");
  machine.ask("dpkg --install " SPOOLD_PACKAGE);
  CHECK(machine.show("spoold", "ActiveState") == "active");
  CHECK(machine.show("spoold", "MainPID") != before);
  CHECK_THAT(machine.ask("cat /etc/spoold/spoold.yaml"), Contains("# mine"));
  CHECK(machine.ask("systemctl is-active spoold.path spoold-due.timer") == "active\nactive");
  machine.ask(enqueue_row("after"));
  machine.wait_until("[ \"$(ls /var/spool/spoold/default/completed)\" ]");
}

TEST_CASE("removed, nothing runs and the spool is kept; purged, it is gone") {
  const Machine machine;
  machine.ask("systemctl start spoold");
  machine.ask("systemctl stop spoold\n" + enqueue_row("kept"));
  machine.ask("systemctl start spoold.path");
  machine.ask("dpkg --remove spoold");
  CHECK(machine.ask("systemctl list-units --no-legend 'spoold*'").empty());
  CHECK(machine.ask("ls /var/spool/spoold /var/lib/spoold /etc/spoold") ==
        "/etc/spoold:\nspoold.yaml\n\n/var/lib/spoold:\nmain.db\n\n/var/spool/spoold:\ndefault");
  machine.ask("dpkg --purge spoold");
  CHECK(machine.run("ls -d /var/spool/spoold /var/lib/spoold /etc/spoold").out.empty());
  CHECK(machine.ask("find /etc/systemd /var/lib/systemd/deb-systemd-helper-* -name '*spoold*'").empty());
}
