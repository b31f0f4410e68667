#include "bench/peer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <thread>

namespace spoold::bench {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

}  // namespace

bool is_installed(const std::string& program) {
  const std::string found = output_of({"sh", "-c", "command -v " + program + " || true"});
  if (found.empty())
    std::fprintf(stderr, "bench: %s is left out: run scripts/setup bench\n", program.c_str());
  return !found.empty();
}

std::string fresh_directory(const std::string& parent, const std::string& name) {
  std::string directory = parent + "/" + name;
  require(::mkdir(directory.c_str(), 0700) == 0, "cannot make " + directory);
  return directory;
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

LineClient::LineClient(int port, const Program& service) {
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

std::size_t LineClient::number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  require(error == std::errc{} && end == text.data() + text.size(),
          "a service has answered \"" + std::string{text} + "\" where a number belongs");
  return value;
}

NotesDatabase::NotesDatabase(const std::string& path) : database_(open_database(path)) {
  execute(database_.get(), "CREATE TABLE IF NOT EXISTS notes(id INTEGER PRIMARY KEY, text TEXT NOT NULL)");
}

void NotesDatabase::perform(const std::vector<std::string>& sql) const {
  execute(database_.get(), "BEGIN IMMEDIATE");
  for (const std::string& one : sql) execute(database_.get(), one);
  execute(database_.get(), "COMMIT");
}

LinePeer::LinePeer(const std::string& directory,
                   const std::function<std::vector<std::string>(const std::string& port)>& words)
    : LinePeer(directory, free_port(), words) {}

LinePeer::LinePeer(const std::string& directory, int port,
                   const std::function<std::vector<std::string>(const std::string& port)>& words)
    : service_(Command{.words = words(std::to_string(port)), .log = directory + ".log"}),
      client_(port, service_),
      database_(directory + ".db") {}

double LinePeer::put(std::size_t jobs) {
  const Stopwatch watch;
  for (std::size_t i = 0; i < jobs; ++i) {
    client_.send(request(insert_note(next_id_++)));
    check_taken();
  }
  return static_cast<double>(jobs) / watch.seconds();
}

void LinePeer::fill(std::size_t jobs) {
  constexpr std::size_t under_way = 500;
  for (std::size_t put = 0; put < jobs; put += under_way) {
    const std::size_t count = std::min(under_way, jobs - put);
    std::string requests;
    for (std::size_t i = 0; i < count; ++i) requests += request(insert_note(next_id_++));
    client_.send(requests);
    for (std::size_t i = 0; i < count; ++i) check_taken();
  }
}

void LinePeer::check_taken() {
  const std::string answer = client_.line();
  require(is_taken(answer), "a service has not taken a job, and says " + answer);
}

std::string insert_note(std::uint64_t id) {
  return "INSERT INTO notes(id, text) VALUES (" + std::to_string(id) +
         ", 'a line of some forty characters, as notes are')";
}

}  // namespace spoold::bench
