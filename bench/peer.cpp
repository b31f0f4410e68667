#include "bench/peer.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <thread>

namespace spoold::bench {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

}  // namespace

Service::Service(std::vector<std::string> command, const std::string& log, int stop_signal)
    : stop_signal_(stop_signal) {
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  const int error =
      ::posix_spawnp(&pid_, command.front().c_str(), &actions, nullptr, pointers(command).data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  require(error == 0, "cannot start " + command.front());
  end_on_failure(pid_, stop_signal);
}

Service::~Service() {
  ::kill(pid_, stop_signal_);
  for (int tries = 0; tries < 100 && running(); ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  if (running()) ::kill(pid_, SIGKILL);
  forget(pid_);
  ::waitpid(pid_, nullptr, 0);
}

bool Service::running() const {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

std::string output_of(std::vector<std::string> command) {
  std::array<int, 2> ends{};
  require(::pipe2(ends.data(), O_CLOEXEC) == 0, "cannot make a pipe");
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t pid = -1;
  const int error =
      ::posix_spawnp(&pid, command.front().c_str(), &actions, nullptr, pointers(command).data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  require(error == 0, "cannot start " + command.front());
  std::string output;
  std::array<char, 4096> part{};
  for (ssize_t size = 0; (size = ::read(ends[0], part.data(), part.size())) > 0;) {
    output.append(part.data(), static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  int status = 0;
  require(::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0,
          command.front() + " has failed");
  return output;
}

bool is_installed(const std::string& program) {
  const std::string found = output_of({"sh", "-c", "command -v " + program + " || true"});
  if (found.empty())
    std::fprintf(stderr, "bench: %s is left out: run scripts/setup bench\n", program.c_str());
  return !found.empty();
}

void make_open_directory(const std::string& path) {
  require(::mkdir(path.c_str(), 0755) == 0, "cannot make " + path);
}

int free_port() {
  const UniqueFd probe{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  require(probe && ::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), size) == 0 &&
              ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0,
          "cannot find a port");
  return ntohs(address.sin_port);
}

LineClient::LineClient(int port, const Service& service) {
  const sockaddr_in address = loopback(port);
  for (;;) {
    socket_ = UniqueFd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) break;
    require(service.running(), "a service has ended by itself");
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void LineClient::send(const std::string& text) const {
  require(::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()),
          "cannot send to a service");
}

void LineClient::fill() {
  std::array<char, 65536> part{};
  const ssize_t size = ::recv(socket_.get(), part.data(), part.size(), 0);
  require(size > 0, "a service has closed the connection");
  buffer_.append(part.data(), static_cast<std::size_t>(size));
}

std::string LineClient::line() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos) fill();
  std::string text = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return text;
}

std::string LineClient::bytes(std::size_t count) {
  while (buffer_.size() < count + 2) fill();
  std::string text = buffer_.substr(0, count);
  buffer_.erase(0, count + 2);
  return text;
}

NotesDatabase::NotesDatabase(const std::string& path) : database_(open_database(path)) {
  execute(database_.get(), "CREATE TABLE IF NOT EXISTS notes(id INTEGER PRIMARY KEY, text TEXT NOT NULL)");
}

void NotesDatabase::perform(const std::vector<std::string>& sql) const {
  execute(database_.get(), "BEGIN IMMEDIATE");
  for (const std::string& one : sql) execute(database_.get(), one);
  execute(database_.get(), "COMMIT");
}

std::string insert_note(std::uint64_t id) {
  return "INSERT INTO notes(id, text) VALUES (" + std::to_string(id) +
         ", 'a line of some forty characters, as notes are')";
}

}  // namespace spoold::bench
