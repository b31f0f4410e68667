#include <catch2/catch.hpp>

#include "systemd/machine.hpp"

using namespace spoold::test;
using Catch::Contains;

namespace {

std::string starts_of(const Machine& machine) {
  return machine.ask("journalctl -q --no-pager -o cat -u spoold EVENT=started | wc -l");
}

// Nothing of the service is left, and nothing is about to start it: what the manager had to do about its end
// is done when it has answered.
void wait_for_the_end(const Machine& machine) {
  machine.wait_until("[ \"$(systemctl is-active spoold)\" = inactive ]");
  CHECK(machine.show("spoold", "Job").empty());
  CHECK(machine.ask("pgrep -c -u spoold -x spoold || true") == "0");
}

}  // namespace

TEST_CASE("a file dropped with nothing running is done, and nothing stays") {
  const Machine machine;
  machine.configure("idle_exit: 100ms", sqlite_backend);
  machine.ask(R"(cd /var/spool/spoold/default
printf '%s' "{\"operation\":\"row.add\",\"sql\":\"INSERT INTO effect VALUES ('dropped')\"}" > .tmp/x.json
mv .tmp/x.json pending/x.json)");
  machine.wait_until("[ \"$(ls /var/spool/spoold/default/completed)\" ]");
  wait_for_the_end(machine);
  CHECK(machine.sql("SELECT tag FROM effect") == "dropped");
  CHECK(starts_of(machine) == "1");
}

TEST_CASE("an entry of before the boot, and one that a power cut left half done, are done after it") {
  const Machine machine;
  machine.configure("idle_exit: 100ms", sqlite_backend);
  machine.ask("systemctl stop spoold.path\n" + enqueue_row("left"));
  const bool begun = GENERATE(false, true);
  if (begun) {
    machine.ask(
        R"(cd /var/spool/spoold/default; for f in pending/*; do mv $f processing/$(basename $f .json).a1.json; done)");
  }
  machine.ask("systemctl start spoold.path");
  machine.wait_until("[ \"$(ls /var/spool/spoold/default/completed)\" ]");
  CHECK(machine.sql("SELECT tag FROM effect") == "left");
}

TEST_CASE("of a thousand drops around the moment of the idle exit none is left waiting") {
  const Machine machine;
  machine.configure("idle_exit: 20ms", sqlite_backend);
  // Starts in such numbers are the aim here, not a fault.
  machine.configure_unit("spoold.service", "[Unit]\nStartLimitIntervalSec=0\n");
  machine.ask(
      "cat > /root/drops <<'END'\n"
      "cd /var/spool/spoold/default\n"
      "for ((i = 1; i <= 1000; i++)); do\n"
      "  printf '{\"operation\":\"row.add\",\"sql\":\"INSERT INTO effect VALUES (%d)\"}' $i > .tmp/$i.json\n"
      "  mv .tmp/$i.json pending/$i.json\n"
      "  read -r -t 0.0$((RANDOM % 80 + 10)) <> <(:) || true\n"
      "done\nEND\nbash /root/drops");
  machine.wait_until("[ \"$(ls /var/spool/spoold/default/completed | wc -l)\" = 1000 ]");
  CHECK(machine.sql("SELECT count(*), count(DISTINCT tag) FROM effect") == "1000|1000");
  wait_for_the_end(machine);
  CHECK(machine.count("pending") == 0);
  const int starts = std::stoi(starts_of(machine));
  INFO(starts << " starts");
  CHECK(starts > 50);
}

TEST_CASE("a deferred entry that falls due with nothing running is done") {
  const Machine machine;
  machine.configure("idle_exit: 50ms", sqlite_backend);
  machine.configure_unit("spoold-due.timer", "[Timer]\nOnCalendar=\nOnCalendar=*:*:0/3\nAccuracySec=1ms\n");
  machine.ask("systemctl restart spoold-due.timer\n" + enqueue_row("now"));
  machine.wait_until("[ \"$(ls /var/spool/spoold/default/completed | wc -l)\" = 1 ]");
  wait_for_the_end(machine);
  machine.ask(enqueue_row("later", "--not-before +1s"));
  machine.wait_until("[ \"$(ls /var/spool/spoold/default/completed | wc -l)\" = 2 ]");
  CHECK(machine.sql("SELECT tag FROM effect ORDER BY rowid") == "now\nlater");
  CHECK_THAT(machine.ask("journalctl -q --no-pager -o cat -u spoold-due"), Contains("1 entry was due"));
}

TEST_CASE("where nothing is deferred the timer starts no process and leaves no line") {
  const Machine machine;
  machine.ask("systemctl start spoold-due.service");
  CHECK(machine.show("spoold-due.service", "ConditionResult") == "no");
  CHECK(machine.show("spoold-due.service", "ExecMainPID") == "0");
  CHECK(machine.ask("journalctl -q --no-pager -o cat -u spoold-due.service").empty());
}

TEST_CASE("neither failed nor corrupt nor deferred entries, nor a hidden file, start the daemon again") {
  const Machine machine;
  machine.configure("idle_exit: 100ms, settle_time: 0", sqlite_backend);
  machine.ask("spoolctl enqueue -o row.add --sql 'INSERT INTO nowhere VALUES (1)'\n" +
              enqueue_row("later", "--not-before +1h") + R"(cd /var/spool/spoold/default
echo '{"operation":' > .tmp/bad.json; mv .tmp/bad.json pending/
touch pending/.hidden)");
  machine.wait_until("[ \"$(ls /var/spool/spoold/default/corrupt | wc -l)\" = 2 ]");
  wait_for_the_end(machine);
  CHECK(machine.count("failed") == 1);
  CHECK(machine.count("deferred") == 1);
  const std::string starts = starts_of(machine);
  machine.ask("cd /var/spool/spoold/default; touch pending/.hidden deferred/.x failed/.x corrupt/.x");
  wait_for_the_end(machine);
  CHECK(starts_of(machine) == starts);
  CHECK(machine.show("spoold.path", "ActiveState") == "active");
}

TEST_CASE("litter in pending/ keeps the daemon up instead of starting it again and again, and is told") {
  const Machine machine;
  machine.configure("idle_exit: 50ms", sqlite_backend);
  machine.ask("touch /var/spool/spoold/default/pending/README.txt");
  machine.wait_for_line("README.txt", "-u spoold EVENT=lingering");
  CHECK(starts_of(machine) == "1");
  machine.ask(enqueue_row("x"));
  machine.wait_until("[ \"$(ls /var/spool/spoold/default/completed)\" ]");
  CHECK(machine.show("spoold", "NRestarts") == "0");
  CHECK(starts_of(machine) == "1");
}
