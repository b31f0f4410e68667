#include "systemd/notifier.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "os/unique_fd.hpp"
#include "support/temp_directory.hpp"

using namespace spoold;
using namespace std::chrono_literals;

namespace {

struct Manager {
  std::vector<std::string> heard;
  Notifier notifier{[this](const std::string& message) { heard.push_back(message); }};
};

// Sets a variable for its lifetime.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("what is told is as sd_notify(3) spells it") {
  Manager manager;
  manager.notifier.extend_timeout(30s);
  manager.notifier.ready();
  manager.notifier.alive();
  manager.notifier.stopping(45s);
  manager.notifier.stopping();
  CHECK(manager.heard == std::vector<std::string>{"EXTEND_TIMEOUT_USEC=30000000", "READY=1", "WATCHDOG=1",
                                                  "STOPPING=1\nEXTEND_TIMEOUT_USEC=45000000", "STOPPING=1"});
}

TEST_CASE("a reload is told with the moment it began, on the manager's clock") {
  timespec before{};
  REQUIRE(::clock_gettime(CLOCK_MONOTONIC, &before) == 0);
  Manager manager;
  manager.notifier.reloading();
  timespec after{};
  REQUIRE(::clock_gettime(CLOCK_MONOTONIC, &after) == 0);
  const std::string expected = "RELOADING=1\nMONOTONIC_USEC=";
  REQUIRE(manager.heard.size() == 1);
  REQUIRE(manager.heard[0].starts_with(expected));
  const long long moment = std::stoll(manager.heard[0].substr(expected.size()));
  CHECK(moment >= before.tv_sec * 1'000'000LL + before.tv_nsec / 1000);
  CHECK(moment <= after.tv_sec * 1'000'000LL + after.tv_nsec / 1000 + 1);
}

TEST_CASE("a status is told when it changed, on one line") {
  Manager manager;
  manager.notifier.status("idle");
  manager.notifier.status("idle");
  manager.notifier.status("2 running\nREADY=1");
  manager.notifier.status("idle");
  CHECK(manager.heard == std::vector<std::string>{"STATUS=idle", "STATUS=2 running READY=1", "STATUS=idle"});
}

TEST_CASE("messages go to the socket that the environment names") {
  const test::TempDirectory directory;
  const std::string path = directory / "notify";
  const UniqueFd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  std::strcpy(address.sun_path, path.c_str());
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const Variable variable{"NOTIFY_SOCKET", path};
  Notifier{}.ready();
  std::array<char, 100> bytes{};
  const ssize_t size = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
  REQUIRE(size > 0);
  CHECK(std::string(bytes.data(), static_cast<std::size_t>(size)) == "READY=1");
}

TEST_CASE("where nobody listens nothing happens") {
  Notifier{}.ready();
  const Variable variable{"NOTIFY_SOCKET", "/nowhere/at/all"};
  Notifier{}.ready();
}

TEST_CASE("the watchdog's time is the manager's, if it is meant for this process") {
  CHECK(watchdog_interval() == std::nullopt);
  const Variable time{"WATCHDOG_USEC", "2500000"};
  CHECK(watchdog_interval() == 2500ms);
  const Variable other{"WATCHDOG_PID", std::to_string(::getppid())};
  CHECK(watchdog_interval() == std::nullopt);
}
