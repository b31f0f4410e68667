#include <catch2/catch.hpp>

#include "systemd/machine.hpp"

using namespace spoold::test;
using Catch::Contains;

TEST_CASE("the cleanup of a queue archives what is over its limits, with the daemon and without") {
  const Machine machine;
  machine.ask(enqueue_row("a") + enqueue_row("b") + enqueue_row("c"));
  machine.wait_until("[ \"$(ls /var/spool/spoold/default/completed | wc -l)\" = 3 ]");
  const bool running = GENERATE(true, false);
  if (!running) machine.ask("systemctl stop spoold");
  // Only now, or the daemon would have done it by itself.
  machine.ask("echo 'retention: { completed: { count: 1, then: archive } }' >> /etc/spoold/spoold.yaml");
  machine.ask("systemctl start spoold-cleanup.service");
  CHECK(machine.count("completed") == 1);
  CHECK(machine.ask("zcat /var/spool/spoold/default/archive/*.gz | wc -l") == "2");
  CHECK(machine.show("spoold-cleanup.service", "Result") == "success");
}

TEST_CASE("a producer on a schedule runs while the queue wants work, and not above that") {
  const Machine machine;
  machine.write("/etc/spoold/produce/rows",
                "#!/bin/sh\nspoolctl enqueue -o row.add --sql \"INSERT INTO effect VALUES ('made')\"\n",
                0755);
  machine.configure_unit("spoold-produce@.timer",
                         "[Timer]\nOnCalendar=\nOnCalendar=*:*:*\nAccuracySec=1ms\nRandomizedDelaySec=0\n");
  machine.ask("systemctl enable --now spoold-produce@rows.timer");
  machine.wait_until("[ \"$(ls /var/spool/spoold/default/completed)\" ]");
  machine.ask("systemctl stop spoold-produce@rows.timer");
  CHECK_THAT(machine.sql("SELECT DISTINCT tag FROM effect"), Contains("made"));

  machine.ask(
      "systemctl stop spoold spoold-produce@rows.service\n"
      "for i in $(seq 100); do echo '{\"operation\":\"row.add\",\"sql\":\"SELECT 1\"}'; done | spoolctl "
      "enqueue --jsonl");
  machine.ask("systemctl start spoold-produce@rows.service");
  CHECK(machine.show("spoold-produce@rows.service", "Result") == "success");
  CHECK(machine.count("pending") == 100);
}

TEST_CASE("a producer that is not there is not run") {
  const Machine machine;
  machine.ask("systemctl start spoold-produce@nobody.service");
  CHECK(machine.show("spoold-produce@nobody.service", "ConditionResult") == "no");
}
