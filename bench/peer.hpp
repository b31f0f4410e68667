#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/measure.hpp"
#include "bench/programs.hpp"
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
  // Puts as many in the way that takes the least time; each is durable when the call returns.
  virtual void fill(std::size_t jobs) = 0;
  virtual double drain(std::size_t jobs, std::size_t batch) = 0;
};

// Each starts what it needs in a directory of its own below this one, and ends it on destruction. None: it is
// not installed (scripts/setup bench does that); said on standard error.
[[nodiscard]] std::unique_ptr<Peer> start_beanstalkd(const std::string& parent);
[[nodiscard]] std::unique_ptr<Peer> start_redis(const std::string& parent);
[[nodiscard]] std::unique_ptr<Peer> start_postgresql(const std::string& parent);
[[nodiscard]] std::unique_ptr<Peer> start_shell(const std::string& parent);  // a loop over jq, sqlite3 and mv
[[nodiscard]] std::unique_ptr<Peer> start_job_table(const std::string& parent);  // in the same SQLite file

// True if the program is to be found in PATH; if not, says so.
[[nodiscard]] bool is_installed(const std::string& program);

// Makes a directory for a service, and tells where it is.
[[nodiscard]] std::string fresh_directory(const std::string& parent, const std::string& name);

// For services that run as another user.
void make_open_directory(const std::string& path);

[[nodiscard]] int free_port();

// A connection to a service on this machine that answers in lines.
class LineClient {
 public:
  // Waits until somebody listens there.
  LineClient(int port, const Program& service);
  void send(const std::string& text) const;
  [[nodiscard]] std::string line();                    // without its CR LF
  [[nodiscard]] std::string bytes(std::size_t count);  // and the CR LF behind them is dropped
  // What a part of a line says; ends the program where that is no number.
  [[nodiscard]] static std::size_t number(std::string_view text);

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

// A service that is put jobs to in lines, with a worker of ours.
class LinePeer : public Peer {
 public:
  double put(std::size_t jobs) final;
  void fill(std::size_t jobs) final;

 protected:
  // `words`: the command that starts it on a port of this machine. Its log and the worker's database are
  // beside the directory.
  LinePeer(const std::string& directory,
           const std::function<std::vector<std::string>(const std::string& port)>& words);

  [[nodiscard]] virtual std::string request(const std::string& job) const = 0;
  [[nodiscard]] virtual bool is_taken(const std::string& answer) const = 0;

  [[nodiscard]] LineClient& client() { return client_; }
  [[nodiscard]] const NotesDatabase& database() const { return database_; }

 private:
  LinePeer(const std::string& directory, int port,
           const std::function<std::vector<std::string>(const std::string& port)>& words);
  void check_taken();

  Program service_;
  LineClient client_;
  NotesDatabase database_;
  std::uint64_t next_id_ = 1;
};

[[nodiscard]] std::string insert_note(std::uint64_t id);

}  // namespace spoold::bench
