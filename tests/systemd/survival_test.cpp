#include <catch2/catch.hpp>

#include "systemd/machine.hpp"

using namespace spoold::test;
using Catch::Contains;

TEST_CASE("a daemon that hangs is killed by the watchdog and started again, and the work goes on") {
  const Machine machine;
  machine.configure_unit("spoold.service", "[Service]\nWatchdogSec=1s\n");
  machine.ask("systemctl start spoold");
  const std::string hung = machine.show("spoold", "MainPID");
  machine.ask("kill -STOP " + hung + "\n" + enqueue_row("x"));
  machine.wait_until("[ \"$(ls /var/spool/spoold/default/completed)\" ]");
  CHECK(machine.show("spoold", "MainPID") != hung);
  CHECK(machine.show("spoold", "NRestarts") == "1");
  CHECK_THAT(machine.ask("journalctl -q --no-pager -o cat -u spoold"), Contains("Watchdog timeout"));
}

TEST_CASE("a daemon that is well is left alone by the watchdog, idle and at work") {
  const Machine machine;
  machine.configure_unit("spoold.service", "[Service]\nWatchdogSec=2s\n");
  machine.ask("systemctl start spoold");
  const std::string pid = machine.show("spoold", "MainPID");
  // Longer than the watchdog waits, in one statement.
  machine.ask(
      "spoolctl enqueue -o row.add --sql \"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
      "WHERE i < "
      "10000000) INSERT INTO effect SELECT 'slow' FROM n WHERE i = 10000000\"");
  machine.wait_until("[ \"$(ls /var/spool/spoold/default/completed)\" ]");
  CHECK(machine.show("spoold", "MainPID") == pid);
  CHECK(machine.show("spoold", "NRestarts") == "0");
}

TEST_CASE("of a killed daemon the commands are dead before it starts again, and the work is done once") {
  const Machine machine;
  machine.ask(
      "install -D /usr/share/spoold/spoold-command.conf /etc/systemd/system/spoold.service.d/command.conf; "
      "systemctl daemon-reload");
  // The first attempt hangs, and leaves somebody who holds on to nothing of it; the second looks for both.
  machine.write("/usr/local/bin/work", R"(#!/bin/bash
cd /var/lib/spoold
if [ ! -e first ]; then
  setsid -f bash -c 'echo $$ >> first.new; mv first.new first; exec sleep infinity'
  echo $$ >> first.new
  exec sleep infinity
fi
for pid in $(cat first); do kill -0 $pid 2>/dev/null && echo "$pid lives" >> effect; done
echo done >> effect
)",
                0755);
  machine.configure("", "{ work: { type: command, program: /usr/local/bin/work, timeout: 1h } }");
  machine.ask("spoolctl enqueue -o work");
  machine.wait_until("[ -e /var/lib/spoold/first ]");
  machine.ask("kill -KILL " + machine.show("spoold", "MainPID"));
  machine.wait_until("[ \"$(ls /var/spool/spoold/default/completed)\" ]");
  CHECK(machine.ask("cat /var/lib/spoold/effect") == "done");
  CHECK(machine.show("spoold", "NRestarts") == "1");
  CHECK_THAT(machine.ask("ls /var/spool/spoold/default/completed"), Contains(".a2.c1"));
}
