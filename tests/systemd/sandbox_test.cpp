#include <catch2/catch.hpp>

#include "systemd/machine.hpp"

using namespace spoold::test;
using Catch::Contains;

namespace {

void install_drop_in(const Machine& machine, const std::string& name) {
  machine.ask("install -D -m 644 /usr/share/spoold/spoold-" + name +
              ".conf /etc/systemd/system/spoold.service.d/" + name + ".conf; systemctl daemon-reload");
}

double exposure(const Machine& machine, const std::string& unit) {
  return std::stod(machine.ask("systemd-analyze security --no-pager " + unit +
                               " | sed -n 's/.*Overall exposure level.*: \\([0-9.]*\\) .*/\\1/p'"));
}

// An HTTP server on 127.0.0.1 of the machine; returns its port.
std::string start_server(const Machine& machine) {
  machine.ask("systemd-run -q --unit=server -p StandardOutput=file:/run/port " SPOOLD_TEST_HTTP_SERVER
              " --log /run/requests");
  machine.wait_until("grep -q . /run/port");
  return machine.ask("cat /run/port");
}

constexpr const char* completed = "[ \"$(ls /var/spool/spoold/default/completed)\" ]";

}  // namespace

TEST_CASE("the exposure of each set of backends is as low as is promised") {
  const Machine machine;
  CHECK(exposure(machine, "spoold.service") <= 0.5);
  CHECK(exposure(machine, "spoold@x.service") <= 0.5);
  CHECK(exposure(machine, "spoold-due.service") <= 0.5);
  CHECK(exposure(machine, "spoold-cleanup.service") <= 0.5);
  CHECK(exposure(machine, "spoold-produce@x.service") <= 1.5);
  install_drop_in(machine, "http");
  CHECK(exposure(machine, "spoold.service") <= 1.3);
  install_drop_in(machine, "command");
  CHECK(exposure(machine, "spoold.service") <= 1.5);
  machine.ask("rm /etc/systemd/system/spoold.service.d/http.conf; systemctl daemon-reload");
  CHECK(exposure(machine, "spoold.service") <= 1.5);
}

TEST_CASE("within the sandbox SQLite works, and neither the network nor other files are there") {
  const Machine machine;
  machine.ask(enqueue_row("x"));
  machine.wait_until(completed);
  CHECK(machine.sql("SELECT tag FROM effect") == "x");
  const std::string inside =
      "nsenter -t $(systemctl show --value -p MainPID spoold) -m -n setpriv --reuid=spoold "
      "--regid=spoold --clear-groups ";
  CHECK(machine.ask(
            inside +
            "sh -c 'ls /sys/class/net; ls /home /root 2>&1 | wc -l; touch /etc/x /usr/x 2>&1 | wc -l'") !=
        "");
  CHECK(machine.run(inside + "touch /var/lib/other").exit_status != 0);
  CHECK(machine.run(inside + "bash -c 'exec 3<>/dev/tcp/127.0.0.1/1'").exit_status != 0);
}

TEST_CASE("within the sandbox of its drop-in HTTP works, with a secret that systemd hands over") {
  const Machine machine;
  install_drop_in(machine, "http");
  const std::string port = start_server(machine);
  machine.write("/etc/spoold/secrets/echo-authorization", "Bearer swordfish\n", 0600);
  machine.configure_unit(
      "spoold.service",
      "[Service]\nLoadCredential=echo-authorization:/etc/spoold/secrets/echo-authorization\n");
  machine.configure("", "{ echo: { type: http, url: \"http://127.0.0.1:" + port +
                            "/echo\", authorization_file: echo-authorization } }");
  machine.ask("spoolctl enqueue -o greet --body '{\"hello\":1}'");
  machine.wait_until(completed);
  CHECK_THAT(machine.ask("cat /var/spool/spoold/default/completed/*"), Contains("Bearer swordfish"));
  CHECK_FALSE(machine.run("cat /etc/spoold/secrets/echo-authorization", "spoold").exit_status == 0);
}

TEST_CASE("a secret that is missing is told by its name, and the entry waits") {
  const Machine machine;
  install_drop_in(machine, "http");
  machine.configure(
      "", "{ echo: { type: http, url: \"http://127.0.0.1:1/\", authorization_file: echo-authorization } }");
  machine.ask("spoolctl enqueue -o greet --body '{}'");
  machine.wait_for_line("echo-authorization", "-u spoold OUTCOME=unavailable");
}

TEST_CASE("within the sandbox of its drop-in a command works, and writes where it may") {
  const Machine machine;
  install_drop_in(machine, "command");
  machine.write("/usr/local/bin/work",
                "#!/bin/bash\nulimit -n 64\ntouch /var/lib/spoold/mine\n"
                "touch /etc/not-mine 2>&1 && exit 65\ncat\n",
                0755);
  machine.configure("", "{ work: { type: command, program: /usr/local/bin/work } }");
  machine.ask("spoolctl enqueue -o work --stdin-text hello");
  machine.wait_until(completed);
  CHECK_THAT(machine.ask("cat /var/spool/spoold/default/completed/*"), Contains("hello"));
  CHECK(machine.run("[ -e /var/lib/spoold/mine ]").exit_status == 0);
}
