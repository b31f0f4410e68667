#include <catch2/catch.hpp>

#include "systemd/machine.hpp"

using namespace spoold::test;
using Catch::Contains;

namespace {

// A program that runs until it is told to end.
constexpr const char* patient_backend =
    "{ slow: { type: command, program: /usr/bin/sleep, arguments: [infinity], timeout: 1h } }";

}  // namespace

TEST_CASE("a start returns when the lock is held and the watch armed; the status shows counts") {
  const Machine machine;
  machine.ask("systemctl start spoold");
  CHECK(machine.run("flock -n /var/spool/spoold/default/.lock true").exit_status == 1);
  CHECK_THAT(machine.ask("journalctl -q --no-pager -u spoold -o cat"), Contains("watching by inotify"));
  CHECK_THAT(machine.show("spoold", "StatusText"), Contains("idle: 0 waiting, 0 running, 0 deferred"));
  CHECK(machine.ask("journalctl -q --no-pager -u spoold -p warning").empty());
  machine.ask(enqueue_row("x") + enqueue_row("later", "--not-before +1h"));
  machine.wait_until("systemctl show -p StatusText spoold | grep -q '1 deferred; 1 completed and 0 failed'");
}

TEST_CASE("a recovery longer than TimeoutStartSec is granted") {
  const Machine machine;
  // Each entry's way back takes two thousandths of a second.
  machine.configure_unit("spoold.service",
                         "[Service]\nTimeoutStartSec=1s\nNotifyAccess=all\nSystemCallFilter=\nExecStart=\n"
                         "ExecStart=strace -f --quiet=all -o /dev/null -e trace=renameat2 "
                         "-e inject=renameat2:delay_exit=2000 /usr/bin/spoold\n");
  machine.ask("systemctl stop spoold.path");
  machine.ask(
      "cd /var/spool/spoold/default; printf '{\"operation\":\"row.read\",\"sql\":\"SELECT %d\"}\n' {1..1000} "
      "| spoolctl enqueue --jsonl --no-sync; mv pending/* processing/",
      "spoold");
  machine.ask("systemctl start spoold");
  CHECK(machine.show("spoold", "NRestarts") == "0");
  CHECK_THAT(machine.ask("journalctl -q --no-pager -u spoold -o cat"),
             Contains("brought back 1000 entries") && Contains(": 1000 entries pending"));
  machine.wait_until("[ $(ls /var/spool/spoold/default/completed | wc -l) = 1000 ]");
}

TEST_CASE("a stop ends within the grace, gives entries back uncounted, and stays stopped") {
  const Machine machine;
  machine.configure("shutdown_grace: 500ms", patient_backend);
  machine.ask("spoolctl enqueue -o wait; spoolctl enqueue -o wait");
  machine.wait_until("pgrep -u spoold -x sleep >/dev/null");
  machine.ask("systemctl stop spoold");
  CHECK(machine.show("spoold", "Result") == "success");
  CHECK(machine.ask("pgrep -c -u spoold || true") == "0");
  CHECK(machine.ask("ls /var/spool/spoold/default/pending | grep -c '^05_[0-9]*.json$'") == "2");
  CHECK(machine.ask("systemctl is-active spoold.path spoold.service || true") == "inactive\ninactive");
  machine.ask("systemctl start spoold");
  machine.wait_until("pgrep -u spoold -x sleep >/dev/null");
  CHECK(machine.show("spoold.path", "ActiveState") == "active");
}

TEST_CASE("a grace longer than TimeoutStopSec is granted") {
  const Machine machine;
  machine.write("/usr/local/bin/slowly", "#!/bin/sh\ntouch /var/lib/spoold/begun\nsleep 3\n", 0755);
  machine.configure("shutdown_grace: 1h", "{ slow: { type: command, program: /usr/local/bin/slowly } }");
  machine.configure_unit("spoold.service", "[Service]\nTimeoutStopSec=1s\n");
  machine.ask("spoolctl enqueue -o wait");
  machine.wait_until("[ -e /var/lib/spoold/begun ]");
  machine.ask("systemctl stop spoold");
  CHECK(machine.show("spoold", "Result") == "success");
  CHECK(machine.count("completed") == 1);
}

TEST_CASE("a reload takes a good configuration, and a bad one changes nothing") {
  const Machine machine;
  machine.configure("", patient_backend);
  machine.ask("systemctl start spoold");
  const std::string pid = machine.show("spoold", "MainPID");
  machine.configure("", sqlite_backend);
  machine.ask("systemctl reload spoold");
  machine.ask(enqueue_row("reloaded"));
  machine.wait_for_line("completed", "-u spoold OUTCOME=done");
  machine.configure("wrong: 1", sqlite_backend);
  machine.ask("systemctl reload spoold");
  machine.wait_for_line("/etc/spoold/spoold.yaml:2:", "-u spoold -p err");
  machine.ask("export SPOOLD_QUEUE=/var/spool/spoold/default\n" + enqueue_row("again"));
  machine.wait_until("[ \"$(ls /var/spool/spoold/default/completed | wc -l)\" = 2 ]");
  CHECK(machine.show("spoold", "MainPID") == pid);
  CHECK(machine.show("spoold", "ActiveState") == "active");
}

TEST_CASE("a broken configuration fails the start with 78 and its line, and is not tried again") {
  const Machine machine;
  machine.configure("idle_exti: 1s", sqlite_backend);
  const ProgramResult result = machine.run("systemctl start spoold");
  CHECK(result.exit_status != 0);
  CHECK(machine.show("spoold", "ExecMainStatus") == "78");
  CHECK(machine.show("spoold", "NRestarts") == "0");
  CHECK(machine.show("spoold", "ActiveState") == "failed");
  const std::string said = machine.ask("journalctl -q --no-pager -o cat -u spoold SYSLOG_IDENTIFIER=spoold");
  CHECK_THAT(said, Contains("/etc/spoold/spoold.yaml:2:") && Contains("idle_exit"));
  machine.configure("", sqlite_backend);
  CHECK(machine.run("systemctl start spoold").exit_status == 0);
}

TEST_CASE("what fails again and again is restarted so often and no more") {
  const Machine machine;
  // The lock is held by somebody else for ever.
  machine.ask(
      "systemd-run -q --unit=holder -p User=spoold flock /var/spool/spoold/default/.lock sleep infinity");
  machine.wait_until(
      "[ -e /var/spool/spoold/default/.lock ] && ! flock -n /var/spool/spoold/default/.lock true");
  machine.configure_unit("spoold.service", "[Service]\nRestartSec=10ms\n");
  CHECK(machine.run("systemctl start spoold").exit_status != 0);
  machine.wait_for_line("Start request repeated too quickly", "-u spoold");
  machine.wait_until("[ \"$(systemctl is-active spoold)\" = failed ]");
  CHECK(machine.show("spoold", "ExecMainStatus") == "75");
  CHECK(machine.ask("journalctl -q --no-pager -o cat -u spoold | grep -c 'held by another spoold' || true") ==
        "10");
  machine.ask("systemctl stop holder; systemctl reset-failed spoold; systemctl start spoold");
}
