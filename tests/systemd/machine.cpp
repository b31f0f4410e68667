#include "systemd/machine.hpp"

#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "os/unique_fd.hpp"
#include "support/temp_directory.hpp"

namespace spoold::test {

namespace fs = std::filesystem;

namespace {

constexpr int boot_time_ms = 60'000;

void check(int returned, const std::string& doing) {
  if (returned < 0) throw std::runtime_error(doing + ": " + std::strerror(errno));
}

// Where service managers send word.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) throw std::runtime_error(path + " is too long for a socket");
    std::strcpy(address.sun_path, path.c_str());
    ::unlink(path.c_str());
    check(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind " + path);
  }

  // The next message; nothing after a minute.
  std::string receive() {
    pollfd waiting{socket_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, boot_time_ms) != 1) return {};
    std::array<char, 4096> bytes{};
    const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    check(static_cast<int>(size), "receive");
    return {bytes.data(), static_cast<std::size_t>(size)};
  }

 private:
  UniqueFd socket_;
};

struct Booted {
  std::unique_ptr<Program> program;
  pid_t leader = -1;
};

// Where machines have their files: memory, which also works where this machine's own files are an overlay.
class Ground {
 public:
  Ground() {
    check(::unshare(CLONE_NEWNS), "leave the mount namespace");
    check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make mounts private");
    check(::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, "mode=755"), "mount a tmpfs");
  }
  Ground(const Ground&) = delete;
  Ground& operator=(const Ground&) = delete;
  ~Ground() { ::umount2(directory_.path().c_str(), MNT_DETACH); }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_ / name; }

 private:
  TempDirectory directory_;
};

Ground& ground() {
  static Ground one;
  return one;
}

Booted boot(const std::string& directory, const std::string& layer) {
  NotifySocket socket{ground().path("notify")};
  std::vector<std::string> command{"setpriv", "--pdeathsig",       "TERM",   "unshare",
                                   "--mount", SPOOLD_BOOT_MACHINE, directory};
  if (!layer.empty()) command.push_back(layer);
  Booted machine;
  ProgramOptions options{.time_limit = std::chrono::minutes{10}};
  options.environment["NOTIFY_SOCKET"] = ground().path("notify");
  options.environment["SPOOLD_TEST_BUILD"] = SPOOLD_BUILD_DIR;
  machine.program = std::make_unique<Program>(command, std::move(options));
  for (;;) {
    const std::string message = socket.receive();
    if (message.empty()) {
      machine.program->send_signal(SIGTERM);
      const ProgramResult said = machine.program->wait();
      throw std::runtime_error("no machine could be booted: " + said.out + said.err);
    }
    const std::string leader = "X_NSPAWN_LEADER_PID=";
    if (const auto at = message.find(leader); at != std::string::npos)
      machine.leader = std::stoi(message.substr(at + leader.size()));
    if (message.find("READY=1") != std::string::npos && machine.leader > 0) return machine;
  }
}

ProgramResult run_in(pid_t leader, const std::string& script, const std::string& user) {
  std::vector<std::string> command{"nsenter",
                                   "-t",
                                   std::to_string(leader),
                                   "-m",
                                   "-u",
                                   "-i",
                                   "-p",
                                   "-n",
                                   "-C",
                                   "-r",
                                   "-w",
                                   "env",
                                   "-i",
                                   "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                                   "HOME=/root",
                                   "LANG=C.UTF-8"};
  if (user != "root")
    command.insert(command.end(), {"setpriv", "--reuid=" + user, "--regid=" + user, "--init-groups"});
  command.insert(command.end(), {"bash", "-euo", "pipefail", "-c", script});
  return run_program(command, {.time_limit = std::chrono::minutes{5}});
}

std::string require_success(const ProgramResult& result, const std::string& script) {
  if (result.exit_status != 0)
    throw std::runtime_error(script + "\nended with " + std::to_string(result.exit_status) + ": " +
                             result.out + result.err);
  std::string out = result.out;
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

void end(Booted machine) {
  machine.program->send_signal(SIGTERM);
  (void)machine.program->wait();
}

// The files that installing the package adds to a machine: the layer beneath every other.
std::string installed_layer() {
  static const std::string layer = [] {
    const std::string directory = ground().path("installed");
    Booted machine = boot(directory, "");
    const std::string script =
        "dpkg --install " + std::string{SPOOLD_PACKAGE} +
        " && runuser -u spoold -- sqlite3 /var/lib/spoold/main.db 'CREATE TABLE effect(tag)'";
    require_success(run_in(machine.leader, script, "root"), script);
    end(std::move(machine));
    return directory + "/upper";
  }();
  return layer;
}

}  // namespace

Machine::Machine() {
  static int number = 0;
  const std::string layer = installed_layer();
  directory_ = ground().path("machine" + std::to_string(++number));
  Booted machine = boot(directory_, layer);
  boot_ = std::move(machine.program);
  leader_ = machine.leader;
}

Machine::~Machine() {
  boot_->send_signal(SIGTERM);
  (void)boot_->wait();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

ProgramResult Machine::run(const std::string& script, const std::string& user) const {
  return run_in(leader_, script, user);
}

std::string Machine::ask(const std::string& script, const std::string& user) const {
  return require_success(run(script, user), script);
}

void Machine::wait_until(const std::string& script) const {
  const ProgramResult result =
      run("for i in $(seq 2000); do if " + script + "; then exit 0; fi; sleep 0.02; done; exit 1");
  if (result.exit_status == 0) return;
  throw std::runtime_error("never came true: " + script + "\n" + result.err +
                           run("journalctl --no-pager -o short-precise | tail -n 40").out);
}

void Machine::wait_for_line(const std::string& text, const std::string& matches) const {
  const std::string lines = "journalctl --no-pager -q -n all -o cat " + matches;
  const ProgramResult result =
      run("timeout 40 grep -q -m 1 -F -e '" + text + "' < <(exec timeout 40 " + lines + " --follow)");
  if (result.exit_status == 0) return;
  throw std::runtime_error("the journal never said: " + text + "\n" + run(lines + " | tail -n 40").out);
}

void Machine::write(const std::string& path, const std::string& content, int mode) const {
  const fs::path real = "/proc/" + std::to_string(leader_) + "/root" + path;
  fs::create_directories(real.parent_path());
  std::ofstream file{real};
  file << content;
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
  check(::chmod(real.c_str(), static_cast<mode_t>(mode)), "chmod " + path);
}

void Machine::configure_unit(const std::string& unit, const std::string& content) const {
  write("/etc/systemd/system/" + unit + ".d/test.conf", content);
  ask("systemctl daemon-reload");
}

void Machine::configure(const std::string& worker, const std::string& backends,
                        const std::string& name) const {
  const std::string queue = name == "spoold" ? "default" : name;
  write("/etc/spoold/" + name + ".yaml", "queue: { directory: /var/spool/spoold/" + queue +
                                             ", group: true }\nworker: { " + worker +
                                             " }\nbackends: " + backends + "\n");
}

std::string Machine::sql(const std::string& text, const std::string& database) const {
  return ask("sqlite3 -cmd '.timeout 5000' /var/lib/spoold/" + database + ".db \"" + text + "\"", "spoold");
}

std::size_t Machine::count(const std::string& state, const std::string& queue) const {
  return std::stoul(ask("ls /var/spool/spoold/" + queue + "/" + state + " | wc -l"));
}

std::string Machine::show(const std::string& unit, const std::string& property) const {
  return ask("systemctl show --value -p " + property + " " + unit);
}

std::string enqueue_row(const std::string& tag, const std::string& options) {
  return "spoolctl enqueue -o row.add " + options + " --sql \"INSERT INTO effect VALUES ('" + tag + "')\"\n";
}

}  // namespace spoold::test
