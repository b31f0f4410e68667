#include "control/server.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "control/client.hpp"
#include "control/socket_address.hpp"
#include "os/unique_fd.hpp"
#include "support/print_result.hpp"
#include "support/temp_directory.hpp"

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

constexpr auto long_enough = 30s;

Result<Json> members(Json json) {
  return Result<Json>{boost::system::in_place_value, std::move(json)};
}

// A server in a directory of its own, its loop on a thread of its own. It answers `explain` with the id it
// was asked for, `status` only when told to.
class Served {
 public:
  explicit Served(const std::string& below = "", const ControlServerOptions& options = {}) {
    path_ = below.empty() ? directory_.path() : directory_ / below;
    std::filesystem::create_directories(path_);
    queue_.reset(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    auto server = ControlServer::open(
        loop_.get_executor(), queue_.get(),
        [this](ControlRequest request) { return answer(std::move(request)); }, options);
    REQUIRE(server);
    server_ = std::move(*server);
    thread_ = std::thread([this] { loop_.run(); });
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;
  ~Served() {
    loop_.stop();
    thread_.join();
  }

  [[nodiscard]] Result<Json> ask(const ControlRequest& request,
                                 std::chrono::nanoseconds timeout = long_enough) {
    return ask_daemon(queue_.get(), request, timeout);
  }
  [[nodiscard]] UniqueFd connect() const {
    UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const ControlSocketAddress address(queue_.get());
    REQUIRE(::connect(socket.get(), address.get(), ControlSocketAddress::size) == 0);
    return socket;
  }
  void end() {
    loop_.stop();
    thread_.join();
    server_.reset();
    thread_ = std::thread([] {});
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  boost::asio::awaitable<Result<Json>> answer(ControlRequest request) {
    if (const auto* explain = std::get_if<control::Explain>(&request))
      co_return members(Json{{"seq", explain->seq}});
    if (std::holds_alternative<control::RereadPauses>(request)) {
      co_return Error{ErrorKind::read_only, "the disk does not take it"};
    }
    boost::asio::steady_timer never{loop_, boost::asio::steady_timer::time_point::max()};
    co_await never.async_wait(boost::asio::use_awaitable);
    co_return members(Json::object());
  }

  TempDirectory directory_;
  std::string path_;
  UniqueFd queue_;
  boost::asio::io_context loop_{1};
  std::unique_ptr<ControlServer> server_;
  std::thread thread_;
};

// Everything that comes until the other end closes.
std::string read_to_end(int socket) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0; (count = ::read(socket, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

void write_all(int socket, const std::string& text) {
  CHECK(::send(socket, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
}

}  // namespace

TEST_CASE("a daemon answers what it is asked, and refuses with the kind and the words") {
  Served served;
  const auto answer = served.ask(control::Explain{42});
  REQUIRE(answer);
  CHECK(*answer == Json{{"seq", 42}});
  const auto refused = served.ask(control::RereadPauses{});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::read_only);
  CHECK(refused.error().message() == "the disk does not take it");
}

TEST_CASE("a queue's path may be longer than a socket's") {
  Served served(std::string(200, 'q') + "/" + std::string(200, 'r'));
  CHECK(served.ask(control::Explain{1}));
}

TEST_CASE("the socket is its owner's alone, takes the place of a dead daemon's, and goes with the server") {
  Served served;
  const std::string socket = served.path() + "/control.sock";
  struct stat status {};
  REQUIRE(::lstat(socket.c_str(), &status) == 0);
  CHECK(S_ISSOCK(status.st_mode));
  CHECK((status.st_mode & 07777U) == 0600U);
  served.end();
  CHECK(::lstat(socket.c_str(), &status) != 0);
  const auto gone = served.ask(control::Explain{1});
  REQUIRE_FALSE(gone);
  CHECK(gone.error().kind == ErrorKind::not_found);
}

TEST_CASE("a socket that nobody listens on is no daemon, and is replaced by the next") {
  TempDirectory directory;
  UniqueFd queue{::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  UniqueFd dead{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const ControlSocketAddress address(queue.get());
  REQUIRE(::bind(dead.get(), address.get(), ControlSocketAddress::size) == 0);
  dead.reset();
  CHECK(ask_daemon(queue.get(), control::Status{}, long_enough).error().kind == ErrorKind::not_found);
  boost::asio::io_context loop;
  CHECK(ControlServer::open(loop.get_executor(), queue.get(), {}));
}

TEST_CASE("a daemon that does not answer in time is told so, and answers others meanwhile") {
  Served served;
  const auto late = served.ask(control::Status{}, 50ms);
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::busy);
  CHECK(served.ask(control::Explain{1}));
}

TEST_CASE("several requests may come on one connection, also in pieces") {
  Served served;
  const auto socket = served.connect();
  write_all(socket.get(), "{\"request\":\"explain\",\"id\":\"1\"}\n{\"request\":\"expl");
  write_all(socket.get(), "ain\",\"id\":\"2\"}\nnonsense\n");
  ::shutdown(socket.get(), SHUT_WR);
  CHECK_THAT(read_to_end(socket.get()), Catch::StartsWith("{\"ok\":true,\"seq\":1}\n{\"ok\":true,\"seq\":2}\n"
                                                          "{\"ok\":false,\"kind\":\"invalid\""));
}

TEST_CASE("a client that sends without end is told so and dropped") {
  Served served;
  const auto socket = served.connect();
  write_all(socket.get(), std::string(control_request_bytes_max + 1, 'x'));
  CHECK_THAT(read_to_end(socket.get()), Contains("over 4096 bytes"));
}

TEST_CASE("a line that is too long ends the talk, be its end read along with it or not") {
  Served served;
  const std::string behind = "{\"request\":\"explain\",\"id\":\"1\"}\n";
  for (const std::size_t bytes : {control_request_bytes_max + 1, 2 * control_request_bytes_max}) {
    const auto socket = served.connect();
    write_all(socket.get(), std::string(bytes, 'x') + "\n" + behind);
    const std::string answers = read_to_end(socket.get());
    CHECK_THAT(answers, Contains("over 4096 bytes"));
    CHECK(std::count(answers.begin(), answers.end(), '\n') == 1);
  }
}

TEST_CASE("a silent client is dropped after its time") {
  Served served("", {.connections_max = 2, .client_time = 20ms});
  const auto socket = served.connect();
  CHECK(read_to_end(socket.get()).empty());
}

TEST_CASE("a client that does not take its answers is dropped after its time") {
  Served served("", {.connections_max = 2, .client_time = 200ms});
  const auto socket = served.connect();
  std::string many;
  while (many.size() < 60'000) many += "{\"request\":\"nothing of the kind\"}\n";
  // Its answers are longer than what it sends, so the buffers fill up, and then the daemon lets go.
  ssize_t sent = 0;
  while (sent >= 0) sent = ::send(socket.get(), many.data(), many.size(), MSG_NOSIGNAL);
  CHECK(sent < 0);
  CHECK(served.ask(control::Explain{1}));
}

TEST_CASE("those beyond the limit are told so, and there is room again when the others have gone") {
  Served served("", {.connections_max = 2, .client_time = 60s});
  {
    const auto first = served.connect();
    const auto second = served.connect();
    const auto third = served.ask(control::Explain{1});
    REQUIRE_FALSE(third);
    CHECK(third.error().kind == ErrorKind::busy);
    CHECK_THAT(third.error().message(), Contains("too many"));
  }
  while (!served.ask(control::Explain{1})) {
  }
  CHECK(served.ask(control::Explain{2}));
}

TEST_CASE("only the daemon's user and root may control it") {
  if (::geteuid() != 0) return;  // takes root to become somebody else
  Served served;
  REQUIRE(::chmod(served.path().c_str(), 0755) == 0);
  REQUIRE(::chmod((served.path() + "/control.sock").c_str(), 0666) == 0);
  // The system call changes this thread alone, the library's function all of them, the server's too.
  constexpr uid_t unchanged = static_cast<uid_t>(-1);
  REQUIRE(::syscall(SYS_setresuid, unchanged, 65534, unchanged) == 0);
  const auto socket = served.connect();
  const std::string answer = read_to_end(socket.get());
  REQUIRE(::syscall(SYS_setresuid, unchanged, 0, unchanged) == 0);
  CHECK_THAT(answer, Contains("no_permission"));
}
