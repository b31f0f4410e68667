#include <catch2/catch.hpp>

#include "systemd/machine.hpp"

// spoolctl's verbs for the daemon where systemd manages the queue, and the unit that cleans up.

using namespace spoold::test;
using Catch::Contains;

TEST_CASE("start, stop and logs of the default queue go through systemd") {
  const Machine machine;
  CHECK_THAT(machine.ask("spoolctl start"), Contains("started spoold.service"));
  CHECK(machine.ask("systemctl is-active spoold.service spoold.path spoold-due.timer") ==
        "active\nactive\nactive");
  const std::string first = machine.show("spoold", "MainPID");
  CHECK_THAT(machine.ask("spoolctl logs -n 20"), Contains("watching by inotify"));
  CHECK_THAT(machine.ask("spoolctl restart"), Contains("started spoold.service"));
  CHECK(machine.show("spoold", "MainPID") != first);
  CHECK_THAT(machine.ask("spoolctl stop"), Contains("stopped spoold.service"));
  CHECK(machine.ask("systemctl is-active spoold.service spoold.path spoold-due.timer || true") ==
        "inactive\ninactive\ninactive");
  machine.ask(enqueue_row("x"));
  CHECK(machine.count("pending") == 1);
  CHECK(machine.run("test -e /var/spool/spoold/default/worker.pid").exit_status != 0);
}

TEST_CASE("an instance is started and stopped by its name, and by its queue") {
  const Machine machine;
  machine.configure("", "{ own: { type: sqlite, database: /var/lib/spoold/mail.db } }", "mail");
  machine.ask("spoolctl --instance mail init");
  CHECK_THAT(machine.ask("spoolctl --instance mail start"), Contains("started spoold@mail.service"));
  CHECK_THAT(machine.ask("spoolctl --instance mail status"), Contains("/var/spool/spoold/mail"));
  CHECK_THAT(machine.ask("spoolctl --queue /var/spool/spoold/mail stop"),
             Contains("stopped spoold@mail.service"));
  CHECK(machine.show("spoold@mail", "ActiveState") == "inactive");
}

TEST_CASE("a unit that cannot start is told with its last words") {
  const Machine machine;
  machine.write("/etc/spoold/spoold.yaml", "backends: {}\n");
  const auto result = machine.run("spoolctl start");
  CHECK(result.exit_status != 0);
  CHECK_THAT(result.err, Contains("backend") && Contains("systemctl cannot start spoold.service"));
}

TEST_CASE("the cleanup unit archives as the queue's owner, beside the daemon") {
  const Machine machine;
  machine.configure("", std::string(sqlite_backend) + "\nretention: { completed: { count: 1 } }");
  machine.ask("systemctl start spoold; " + enqueue_row("a") + enqueue_row("b") + enqueue_row("c"));
  machine.wait_until(
      "[ \"$(ls /var/spool/spoold/default/{completed,archive} | grep -c json)\" -ge 2 ] && "
      "[ \"$(sqlite3 /var/lib/spoold/main.db 'SELECT count(*) FROM effect')\" = 3 ]");
  machine.ask("systemctl start spoold-cleanup.service");
  CHECK(machine.show("spoold-cleanup", "Result") == "success");
  CHECK(machine.count("completed") == 1);
  CHECK(machine.ask("stat -c %U /var/spool/spoold/default/archive/*.gz") == "spoold");
  CHECK(machine.ask("zcat /var/spool/spoold/default/archive/*.gz | wc -l") == "2");
}
