#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "bench/peer.hpp"

namespace spoold::bench {
namespace {

std::string find_programs() {
  std::vector<std::string> versions;
  std::error_code error;
  for (const auto& version : std::filesystem::directory_iterator{"/usr/lib/postgresql", error}) {
    if (std::filesystem::exists(version.path() / "bin/pgbench")) versions.push_back(version.path() / "bin");
  }
  std::sort(versions.begin(), versions.end());
  return versions.empty() ? "" : versions.back();
}

// The server refuses to be root.
std::vector<std::string> as_its_user(std::vector<std::string> command) {
  if (::geteuid() != 0) return command;
  std::vector<std::string> all{"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"};
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

std::string make_cluster(const std::string& programs, const std::string& directory) {
  const passwd* user = ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
  if (user != nullptr) require(::chown(directory.c_str(), user->pw_uid, user->pw_gid) == 0, "cannot chown");
  output_of(as_its_user({programs + "/initdb", "-D", directory + "/data", "-A", "trust", "-U", "bench",
                         "--locale=C", "-E", "UTF8"}));
  return directory + "/data";
}

// Jobs are rows; the effect is in the same database and transaction, so this too takes place exactly once.
class Postgresql final : public Peer {
 public:
  Postgresql(std::string programs, const std::string& directory)
      : programs_(std::move(programs)),
        directory_(directory),
        service_(
            Command{.words = as_its_user({programs_ + "/postgres", "-D", make_cluster(programs_, directory),
                                          "-p", port_, "-k", directory, "-c", "listen_addresses="}),
                    .log = directory + ".log",
                    .stop_signal = SIGINT}) {
    while (::access((directory + "/.s.PGSQL." + port_).c_str(), F_OK) != 0) {
      require(service_.running(), "postgres has ended by itself, see " + directory + ".log");
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    execute(
        "CREATE TABLE jobs(id bigserial PRIMARY KEY, text text NOT NULL);"
        "CREATE TABLE notes(id bigint PRIMARY KEY, text text NOT NULL)");
  }

  double put(std::size_t jobs) override {
    return rate("INSERT INTO jobs(text) VALUES ('a line of some forty characters, as notes are');", jobs);
  }
  void fill(std::size_t jobs) override {
    execute(
        "INSERT INTO jobs(text) SELECT 'a line of some forty characters, as notes are' FROM "
        "generate_series(1, " +
        std::to_string(jobs) + ")");
  }
  double drain(std::size_t jobs, std::size_t batch) override {
    const std::string limit = std::to_string(batch);
    return static_cast<double>(batch) *
           rate(
               "WITH job AS (DELETE FROM jobs WHERE id IN (SELECT id FROM jobs ORDER BY id FOR UPDATE SKIP "
               "LOCKED LIMIT " +
                   limit + ") RETURNING id, text) INSERT INTO notes SELECT id, text FROM job;",
               jobs / batch);
  }

 private:
  void execute(const std::string& sql) const {
    output_of(as_its_user(
        {"psql", "-h", directory_, "-p", port_, "-U", "bench", "-q", "-d", "postgres", "-c", sql}));
  }

  // Transactions a second, by pgbench, over one connection, prepared once.
  double rate(const std::string& sql, std::size_t transactions) {
    const std::string script = directory_ + ".sql";
    std::ofstream{script} << sql << "\n";
    const std::string said = output_of(
        as_its_user({programs_ + "/pgbench", "-n", "-h", directory_, "-p", port_, "-U", "bench", "-c", "1",
                     "-M", "prepared", "-t", std::to_string(transactions), "-f", script, "postgres"}));
    const std::size_t at = said.find("tps = ");
    require(at != std::string::npos, "pgbench has said no rate");
    return std::stod(said.substr(at + 6));
  }

  std::string programs_;
  std::string directory_;
  std::string port_ = std::to_string(free_port());
  Program service_;
};

}  // namespace

std::unique_ptr<Peer> start_postgresql(const std::string& parent) {
  const std::string programs = find_programs();
  if (programs.empty()) {
    static_cast<void>(is_installed("pgbench"));
    return nullptr;
  }
  return std::make_unique<Postgresql>(programs, fresh_directory(parent, "postgresql"));
}

}  // namespace spoold::bench
