#include <catch2/catch.hpp>

#include "systemd/machine.hpp"

using namespace spoold::test;
using Catch::Contains;

TEST_CASE("a queue that cannot be trusted or used is refused with one line") {
  struct Fault {
    std::string script;
    std::string line;
  };
  const Fault fault = GENERATE(values<Fault>(
      {{"mount -t tmpfs -o uid=spoold,mode=0700 tmpfs processing", "processing lies on another file system"},
       {"useradd stranger; chown stranger pending", "pending belongs to uid"},
       {"chmod o+w pending", "pending may be written by everybody"},
       {"rmdir failed", "failed is not there"},
       {"mv pending elsewhere; ln -s elsewhere pending", "pending is no real directory"}}));
  const Machine machine;
  machine.ask("systemctl stop spoold; cd /var/spool/spoold/default; " + fault.script);
  CHECK(machine.run("systemctl start spoold").exit_status != 0);
  CHECK(machine.show("spoold", "ExecMainStatus") == "74");
  CHECK(machine.show("spoold", "NRestarts") == "0");
  const std::string said = machine.ask("journalctl -q --no-pager -o cat -u spoold -t spoold");
  CHECK_THAT(said, Contains("/var/spool/spoold/default/" + fault.line) && !Contains("\n"));
}

TEST_CASE("a queue that is removed while the daemon runs ends it with one line, and no new one is made") {
  const Machine machine;
  machine.configure("rescan_interval: 1s", sqlite_backend);
  // Of this boot, all of it, or the overlay would let mv copy it while the daemon writes.
  machine.ask("systemctl stop spoold.path; rm -rf /var/spool/spoold/default; spoolctl init");
  machine.ask("systemctl start spoold; mv /var/spool/spoold/default /var/spool/spoold/aside");
  machine.wait_until("[ \"$(systemctl is-active spoold)\" = failed ]");
  CHECK(machine.show("spoold", "ExecMainStatus") == "74");
  CHECK_THAT(
      machine.ask("journalctl -q --no-pager -o cat -u spoold -t spoold -p err"),
      Contains("/var/spool/spoold/default") && Contains("moved, removed or replaced") && !Contains("\n"));
  CHECK(machine.ask("ls /var/spool/spoold") == "aside");
  machine.ask("mv /var/spool/spoold/aside /var/spool/spoold/default\n" + enqueue_row("back"));
  machine.wait_until("[ \"$(ls /var/spool/spoold/default/completed)\" ]");
}

TEST_CASE("a database that is not there is told and waited for, and never made anew") {
  const Machine machine;
  machine.ask("mv /var/lib/spoold/main.db /var/lib/spoold/aside.db\n" + enqueue_row("x"));
  machine.wait_for_line("/var/lib/spoold/main.db", "-u spoold OUTCOME=unavailable");
  CHECK(machine.run("[ -e /var/lib/spoold/main.db ]").exit_status == 1);
  machine.wait_until("systemctl show -p StatusText spoold | grep -q 'lane main is unavailable'");
  machine.ask("mv /var/lib/spoold/aside.db /var/lib/spoold/main.db");
  machine.wait_until("[ \"$(ls /var/spool/spoold/default/completed)\" ]");
}
