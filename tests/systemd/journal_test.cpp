#include <catch2/catch.hpp>

#include "systemd/machine.hpp"

using namespace spoold::test;
using Catch::Contains;

namespace {

std::string lines(const Machine& machine, const std::string& matches) {
  return machine.ask("journalctl -q --no-pager -o cat -u spoold " + matches);
}

}  // namespace

TEST_CASE("an entry, an operation and an outcome find their lines in the journal") {
  const Machine machine;
  const std::string good = machine.ask(enqueue_row("x"));
  machine.wait_for_line(good, "-u spoold OUTCOME=done");
  const std::string bad = machine.ask("spoolctl enqueue -o row.bad --sql 'INSERT INTO nowhere VALUES (1)'");
  machine.wait_for_line(bad, "-u spoold OUTCOME=failed");
  machine.ask("cd /var/spool/spoold/default; ln -s /etc/passwd .tmp/link.json; mv .tmp/link.json pending/");
  machine.wait_for_line("link.json", "-u spoold OUTCOME=corrupt");

  CHECK_THAT(lines(machine, "ENTRY_ID=" + good), Contains("completed") && !Contains(bad));
  CHECK_THAT(lines(machine, "ENTRY_ID=" + bad), Contains("no such table: nowhere") && !Contains(good));
  CHECK_THAT(lines(machine, "OPERATION=row.bad"), Contains(bad) && !Contains(good));
  CHECK_THAT(lines(machine, "OUTCOME=failed"), Contains(bad) && !Contains(good));
  const std::string json = machine.ask("journalctl -q --no-pager -o json -u spoold ENTRY_ID=" + good);
  for (const std::string field : {R"("LANE":"main")", R"("ATTEMPT":"1")", R"("DURATION_USEC":")",
                                  R"("PRIORITY":"6")", R"("SYSLOG_IDENTIFIER":"spoold")"}) {
    CHECK_THAT(json, Contains(field));
  }
}

TEST_CASE("journalctl -x explains a line, with what it is about") {
  const Machine machine;
  const std::string bad = machine.ask("spoolctl enqueue -o row.bad --sql 'INSERT INTO nowhere VALUES (1)'");
  machine.wait_for_line(bad, "-u spoold OUTCOME=failed");
  CHECK_THAT(machine.ask("journalctl -q --no-pager -x -u spoold EVENT=dead_lettered"),
             Contains("Entry " + bad + " failed for good") && Contains("spoolctl retry " + bad));
}

TEST_CASE("a flood of failures drops no line either: what is too much is told in sums") {
  const Machine machine;
  machine.ask(
      "systemctl stop spoold\n"
      "for ((i = 0; i < 15000; i++)); do echo '{\"operation\":\"row.add\",\"sql\":\"INSERT INTO nowhere "
      "VALUES "
      "(1)\"}'; done | spoolctl enqueue --jsonl\nsystemctl start spoold");
  machine.wait_until("[ \"$(ls -f /var/spool/spoold/default/failed | wc -l)\" = 15002 ]");
  machine.ask("systemctl stop spoold; journalctl --sync");
  CHECK(machine.ask("journalctl -q --no-pager | grep -c Suppressed || true") == "0");
  CHECK(machine.ask("{ journalctl -q --no-pager -o cat -u spoold EVENT=dead_lettered | sed 's/.*/1/'; "
                    "journalctl -q --no-pager -o cat -u spoold EVENT=not_told | sed 's/ .*//'; } | "
                    "awk '{ sum += $1 } END { print sum }'") == "15000");
}

TEST_CASE("as many entries as the disk takes drop no line, and every one is counted in the journal") {
  const Machine machine;
  machine.ask(
      "systemctl stop spoold; rm -f /root/rows\n"
      "for ((i = 0; i < 20000; i++)); do echo "
      "'{\"operation\":\"row.add\",\"sql\":\"INSERT INTO effect VALUES (1)\"}'; done > /root/rows\n"
      "spoolctl enqueue --jsonl -f /root/rows\nsystemctl start spoold");
  machine.wait_until("[ \"$(ls -f /var/spool/spoold/default/completed | wc -l)\" = 20002 ]");
  machine.ask("systemctl stop spoold; journalctl --sync");
  CHECK(machine.ask("journalctl -q --no-pager | grep -c Suppressed || true") == "0");
  CHECK(machine.ask(
            "journalctl -q --no-pager -o json -u spoold OUTCOME=done | grep -o '\"COUNT\":\"[0-9]*\"' | "
            "tr -dc '0-9\\n' | awk '{ sum += $1 } END { print sum }'") == "20000");
}
