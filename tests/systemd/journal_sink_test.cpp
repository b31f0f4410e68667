#include "systemd/journal_sink.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>

#include "os/unique_fd.hpp"

using namespace spoold;

namespace {

// Sets $JOURNAL_STREAM for its lifetime.
class JournalStream {
 public:
  explicit JournalStream(const std::string& value) { ::setenv(name, value.c_str(), 1); }
  JournalStream(const JournalStream&) = delete;
  JournalStream& operator=(const JournalStream&) = delete;
  ~JournalStream() {
    if (before_) {
      ::setenv(name, before_->c_str(), 1);
    } else {
      ::unsetenv(name);
    }
  }

 private:
  static constexpr const char* name = "JOURNAL_STREAM";
  static std::optional<std::string> now() {
    const char* value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
  }
  std::optional<std::string> before_ = now();
};

std::string stderr_device_and_inode() {
  struct stat status {};
  REQUIRE(::fstat(STDERR_FILENO, &status) == 0);
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

// In a mount namespace of its own, so that the system's journal is neither needed nor written to, listens
// where journald does. -1 where that cannot be had.
int listen_as_journal() {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  if (::unshare(user == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) != 0) return -1;
  if (user != 0) {
    std::ofstream{"/proc/self/uid_map"} << "0 " << user << " 1" << std::flush;
    std::ofstream{"/proc/self/setgroups"} << "deny" << std::flush;
    std::ofstream{"/proc/self/gid_map"} << "0 " << group << " 1" << std::flush;
  }
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return -1;
  if (::mount("tmpfs", "/run", "tmpfs", 0, nullptr) != 0) return -1;
  ::mkdir("/run/systemd", 0755);
  ::mkdir("/run/systemd/journal", 0755);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, "/run/systemd/journal/socket");
  const int journal = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (::bind(journal, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return -1;
  return journal;
}

constexpr int no_namespace = 77;

// Runs in a child: writes to the journal and hands what arrived there to `out`.
int write_and_receive(int out) {
  const int journal = listen_as_journal();
  if (journal < 0) return no_namespace;
  JournalSink{}.write(event::Condemned{"x.json", "a symlink"});
  std::array<char, 4096> datagram{};
  const ssize_t size = ::recv(journal, datagram.data(), datagram.size(), 0);
  if (size <= 0) return EXIT_FAILURE;
  return ::write(out, datagram.data(), static_cast<std::size_t>(size)) == size ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

TEST_CASE("an event arrives at the journal's socket with its fields") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const UniqueFd read_end{ends[0]};
  UniqueFd write_end{ends[1]};
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(write_and_receive(write_end.get()));
  write_end.reset();
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == no_namespace) {
    WARN("no mount namespace is to be had here");
    return;
  }
  REQUIRE(WEXITSTATUS(status) == EXIT_SUCCESS);
  std::string received(4096, '\0');
  const ssize_t size = ::read(read_end.get(), received.data(), received.size());
  REQUIRE(size > 0);
  received.resize(static_cast<std::size_t>(size));
  CHECK(
      received ==
      "MESSAGE='x.json' is no entry: a symlink; it was moved to corrupt/ as it is, for somebody to look at\n"
      "PRIORITY=4\nSYSLOG_IDENTIFIER=spoold\nEVENT=condemned\n"
      "MESSAGE_ID=c3db275190524a1e87dd9a150bc79a26\nFILE_NAME=x.json\nOUTCOME=corrupt\nREASON=a symlink\n");
}

TEST_CASE("standard error is the journal where $JOURNAL_STREAM names its very file") {
  const JournalStream stream{stderr_device_and_inode()};
  CHECK(stderr_is_journal());
}

TEST_CASE("a $JOURNAL_STREAM of another file, inherited or malformed, is not believed") {
  const std::string own = stderr_device_and_inode();
  const std::string value = GENERATE_COPY(as<std::string>{}, "", "1:1", own + "0", own + ":1", own + " ",
                                          "x" + own, own.substr(0, own.find(':')), "-1:-1", ":");
  const JournalStream stream{value};
  CHECK_FALSE(stderr_is_journal());
}
