#include "support/http_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "os/unique_fd.hpp"

namespace spoold::test {

namespace {

constexpr std::chrono::seconds wait_max{60};

std::string read_line(int fd) {
  std::string line;
  for (char c = 0; ::read(fd, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

pid_t spawn(const std::vector<std::string>& command, int standard_output) {
  std::vector<char*> arguments;
  for (const std::string& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, standard_output, STDOUT_FILENO);
  pid_t pid = -1;
  const int problem = posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) throw std::runtime_error("cannot start " + command.front());
  return pid;
}

}  // namespace

HttpServer::HttpServer(Scheme scheme, const std::string& listen) : scheme_(scheme), listen_(listen) {
  directory_.write("log", "");
  start();
}

HttpServer::~HttpServer() {
  stop();
}

void HttpServer::start() {
  std::vector<std::string> command{
      SPOOLD_TEST_HTTP_SERVER, "--log", directory_ / "log", "--listen", listen_, "--port",
      std::to_string(port_)};
  if (scheme_ == Scheme::https) {
    command.emplace_back("--certificate");
    command.push_back(certificate_file());
  }
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const UniqueFd read_end{ends[0]};
  UniqueFd write_end{ends[1]};
  pid_ = spawn(command, write_end.get());
  write_end.reset();
  const std::string line = read_line(read_end.get());
  if (line.empty()) throw std::runtime_error("test_http_server did not start");
  port_ = static_cast<std::uint16_t>(std::stoul(line));
}

void HttpServer::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string HttpServer::url(const std::string& path) const {
  const std::string origin = scheme_ == Scheme::https ? "https://localhost:" : "http://" + listen_ + ":";
  return origin + std::to_string(port_) + path;
}

void HttpServer::control(const std::string& json) const {
  const UniqueFd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  ::inet_pton(AF_INET, listen_.c_str(), &address.sin_addr);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("test_http_server cannot be reached");
  const std::string request =
      "POST /control HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(json.size()) + "\r\n\r\n" +
      json;
  const bool sent =
      ::write(socket.get(), request.data(), request.size()) == static_cast<ssize_t>(request.size());
  if (!sent || read_line(socket.get()).find(" 200 ") == std::string::npos)
    throw std::runtime_error("test_http_server did not take " + json);
}

std::size_t HttpServer::begun() const {
  std::size_t count = 0;
  std::istringstream lines(directory_.read("log"));
  for (std::string line; std::getline(lines, line);) count += line.starts_with(R"({"event":"start")") ? 1 : 0;
  return count;
}

void HttpServer::wait_for_begun(std::size_t count) const {
  const UniqueFd watch{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
  if (::inotify_add_watch(watch.get(), (directory_ / "log").c_str(), IN_MODIFY) < 0)
    throw std::runtime_error("cannot watch the server's log");
  const auto deadline = std::chrono::steady_clock::now() + wait_max;
  while (begun() < count) {
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("waited in vain for " + std::to_string(count) + " requests");
    pollfd waiting{.fd = watch.get(), .events = POLLIN, .revents = 0};
    ::poll(&waiting, 1, 1000);
    std::array<char, 4096> ignored{};
    while (::read(watch.get(), ignored.data(), ignored.size()) > 0) {
    }
  }
}

std::vector<HttpServer::Request> HttpServer::requests() const {
  std::vector<Request> requests;
  std::istringstream lines(directory_.read("log"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(R"({"event":"end")")) continue;
    const auto json = nlohmann::json::parse(line);
    requests.push_back({json["n"], json["connection"], json["method"], json["target"], json["key"],
                        json["start"], json["end"], json["status"], json["left"]});
  }
  return requests;
}

std::size_t HttpServer::most_at_once(const std::vector<Request>& requests) {
  std::size_t most = 0;
  for (const Request& one : requests) {
    const auto during = [&](const Request& other) {
      return other.start <= one.start && one.start < other.end;
    };
    most = std::max(most, static_cast<std::size_t>(std::count_if(requests.begin(), requests.end(), during)));
  }
  return most;
}

}  // namespace spoold::test
