#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/measure.hpp"
#include "bench/scratch_queue.hpp"
#include "os/unique_fd.hpp"

// What people use in place of spoold for the same work: jobs are put one by one, each durable when the call
// returns, and a worker takes them, inserts a row for each, durably, and forgets the job after that.

namespace spoold::bench {

class Peer {
 public:
  virtual ~Peer() = default;
  // Rates, in jobs a second. A drain takes what was put before; `batch` jobs go into one transaction.
  virtual double put(std::size_t jobs) = 0;
  virtual double drain(std::size_t jobs, std::size_t batch) = 0;
};

// Each starts what it needs in a directory of its own below this one, and ends it on destruction. None: it is
// not installed (scripts/setup bench does that); said on standard error.
[[nodiscard]] std::unique_ptr<Peer> start_beanstalkd(const std::string& parent);
[[nodiscard]] std::unique_ptr<Peer> start_redis(const std::string& parent);
[[nodiscard]] std::unique_ptr<Peer> start_postgresql(const std::string& parent);
[[nodiscard]] std::unique_ptr<Peer> start_shell(const std::string& parent);  // a loop over jq, sqlite3 and mv
[[nodiscard]] std::unique_ptr<Peer> start_job_table(const std::string& parent);  // in the same SQLite file

// A program that runs beside the benchmark, until this goes.
class Service {
 public:
  Service(std::vector<std::string> command, const std::string& log, int stop_signal);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();
  [[nodiscard]] bool running() const;

 private:
  pid_t pid_ = -1;
  int stop_signal_;
};

// Runs a program to its end, which must be a success; what it wrote to standard output.
std::string output_of(std::vector<std::string> command);

// True if the program is to be found in PATH; if not, says so.
[[nodiscard]] bool is_installed(const std::string& program);

// For services that run as another user.
void make_open_directory(const std::string& path);

[[nodiscard]] int free_port();

// A connection to a service on this machine that answers in lines.
class LineClient {
 public:
  // Waits until somebody listens there.
  LineClient(int port, const Service& service);
  void send(const std::string& text) const;
  [[nodiscard]] std::string line();                    // without its CR LF
  [[nodiscard]] std::string bytes(std::size_t count);  // and the CR LF behind them is dropped

 private:
  void fill();
  UniqueFd socket_;
  std::string buffer_;
};

// The worker's database, with the table `notes`.
class NotesDatabase {
 public:
  explicit NotesDatabase(const std::string& path);
  // One transaction, synchronous=FULL. `sql` holds the statements of the jobs.
  void perform(const std::vector<std::string>& sql) const;
  [[nodiscard]] sqlite3* get() const { return database_.get(); }

 private:
  Database database_;
};

[[nodiscard]] std::string insert_note(std::uint64_t id);

}  // namespace spoold::bench
