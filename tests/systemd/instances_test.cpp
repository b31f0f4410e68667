#include <catch2/catch.hpp>

#include "systemd/machine.hpp"

using namespace spoold::test;
using Catch::Contains;

TEST_CASE("two instances work side by side, each on its own queue, by its own configuration") {
  const Machine machine;
  for (const std::string name : {"a", "b"}) {
    machine.configure("idle_exit: 10s",
                      "{ own: { type: sqlite, database: /var/lib/spoold/" + name + ".db } }", name);
    machine.ask("spoolctl --config /etc/spoold/" + name +
                ".yaml init\nrunuser -u spoold -- sqlite3 /var/lib/spoold/" + name +
                ".db 'CREATE TABLE effect(tag)'\nsystemctl enable --now spoold@" + name + ".path");
  }
  CHECK(machine.ask("systemctl is-enabled spoold@a.path spoold-due@a.timer spoold-cleanup@b.timer") ==
        "enabled\nenabled\nenabled");
  machine.ask("SPOOLD_CONFIG=/etc/spoold/a.yaml " + enqueue_row("for a") +
              "SPOOLD_CONFIG=/etc/spoold/b.yaml " + enqueue_row("for b"));
  machine.wait_until("[ \"$(systemctl is-active spoold@a spoold@b)\" = $'active\\nactive' ]");
  machine.wait_until("[ \"$(ls /var/spool/spoold/{a,b}/completed | grep -c json)\" = 2 ]");
  CHECK(machine.sql("SELECT tag FROM effect", "a") == "for a");
  CHECK(machine.sql("SELECT tag FROM effect", "b") == "for b");
  machine.ask("systemctl stop spoold@a");
  CHECK(machine.show("spoold@b", "ActiveState") == "active");
  CHECK(machine.show("spoold", "ActiveState") == "inactive");
  CHECK_THAT(machine.ask("journalctl -q --no-pager -o cat -u spoold@a"),
             Contains("/var/spool/spoold/a") && !Contains("/var/spool/spoold/b"));
}

TEST_CASE("an instance works by its name whatever queue its configuration names") {
  const Machine machine;
  machine.configure("", sqlite_backend, "spoold");
  machine.ask(
      "cp /etc/spoold/spoold.yaml /etc/spoold/c.yaml\n"
      "spoolctl --queue /var/spool/spoold/c init\nsystemctl start spoold@c");
  machine.ask("SPOOLD_QUEUE=/var/spool/spoold/c " + enqueue_row("x"));
  machine.wait_until("[ \"$(ls /var/spool/spoold/c/completed)\" ]");
}

TEST_CASE("both service units differ in nothing but the instance") {
  const Machine machine;
  CHECK(machine
            .ask("cd /lib/systemd/system; diff spoold.service <(sed '/^# The queue is named/d; "
                 "s|@%i||g; s|/etc/spoold/%i|/etc/spoold/spoold|; s| --queue .*||; s|%i|default|' "
                 "spoold@.service)")
            .empty());
}

TEST_CASE("an instance that does not exist is refused with one line that names the missing file") {
  const Machine machine;
  CHECK(machine.run("systemctl start spoold@nowhere").exit_status != 0);
  CHECK(machine.show("spoold@nowhere", "ExecMainStatus") == "78");
  const std::string said = machine.ask("journalctl -q --no-pager -o cat -u spoold@nowhere -t spoold");
  CHECK_THAT(said, Contains("/etc/spoold/nowhere.yaml") && !Contains("\n"));
}
