// Lanes: a drain into SQLite beside an http lane whose calls all hang, and the same drain with nothing in
// that lane.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "bench/child.hpp"
#include "bench/measure.hpp"
#include "bench/scratch_queue.hpp"
#include "os/unique_fd.hpp"

namespace spoold::bench {
namespace {

constexpr std::uint64_t calls = 100;
constexpr std::chrono::microseconds look_interval{500};

// Takes connections, and never answers.
class DeafServer {
 public:
  DeafServer() : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    require(::bind(listening_.get(), generic, size) == 0 && ::listen(listening_.get(), 16) == 0 &&
                ::getsockname(listening_.get(), generic, &size) == 0,
            "cannot listen");
    port_ = ntohs(address.sin_port);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  UniqueFd listening_;  // the system accepts on its behalf
  std::uint16_t port_ = 0;
};

// The first in the queue are calls, which nobody answers.
std::string call_or_note(std::uint64_t id) {
  if (id >= calls) return note_entry(id);
  return "{\"operation\":\"call\",\"body\":{\"id\":" + std::to_string(id) + "}}\n";
}

void write_config(const ScratchQueue& queue, const DeafServer& server) {
  std::ofstream file{queue.config()};
  file << "queue: { directory: " << queue.path() << " }\n"
       << "worker: { idle_exit: 0s, shutdown_grace: 0s }\n"
       << "backends:\n"
       << "  main: { type: sqlite, database: " << queue.database() << " }\n"
       << "  web: { type: http, url: \"http://127.0.0.1:" << server.port()
       << "/\", concurrency: 3, timeout: 800s }\n"
       << "routes:\n  - { operation: call, backend: web }\n  - { operation: \"*\", backend: main }\n";
  require(static_cast<bool>(file.flush()), "cannot write " + queue.config());
}

// From the start of spoold until the last note's row is there.
double seconds_until_row(const ScratchQueue& queue, std::uint64_t last) {
  const Database reader = open_database(queue.database());
  const std::string question = "SELECT count(*) FROM notes WHERE id = " + std::to_string(last);
  const Stopwatch watch;
  Child child{{"--config", queue.config()}, queue.log()};
  while (query_number(reader.get(), question) == 0) {
    require(child.running(), "spoold has ended by itself, see " + queue.log());
    std::this_thread::sleep_for(look_interval);
  }
  const double seconds = watch.seconds();
  child.stop();
  return seconds;
}

double rate(const Options& options, std::size_t round, bool with_calls) {
  const DeafServer server;
  const ScratchQueue queue{options.directory,
                           (with_calls ? "lanes-sick-" : "lanes-well-") + std::to_string(round)};
  write_config(queue, server);
  const std::uint64_t entries = options.entries + (with_calls ? calls : 0);
  queue.fill(entries, with_calls ? call_or_note : note_entry);
  const double seconds = seconds_until_row(queue, entries - 1);
  const auto rows = query_number(open_database(queue.database()).get(), "SELECT count(*) FROM notes");
  require(static_cast<std::size_t>(rows) == options.entries, queue.path() + ": rows are missing");
  return static_cast<double>(options.entries) / seconds;
}

}  // namespace
}  // namespace spoold::bench

int main(int argc, char** argv) {
  using namespace spoold::bench;
  const Options options = read_options(argc, argv);
  Rounds rounds;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    in_turn(
        round, [&] { rounds.spoold.push_back(rate(options, round, true)); },
        [&] { rounds.floor.push_back(rate(options, round, false)); });
  }
  report(compare("drain_beside_sick_lane", "drain beside an http lane whose calls hang, to one without calls",
                 "entries/s", rounds, ">= 0.90"));
}
