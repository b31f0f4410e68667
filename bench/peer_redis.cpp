#include <sys/stat.h>

#include <csignal>

#include "bench/peer.hpp"

namespace spoold::bench {
namespace {

std::string command(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return text;
}

// Redis with appendfsync always; jobs are in a list, those at work in another, as reliable list queues do it.
class Redis final : public Peer {
 public:
  explicit Redis(const std::string& directory)
      : service_({"redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1", "--dir", directory,
                  "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--daemonize", "no"},
                 directory + ".log", SIGTERM),
        client_(port_, service_),
        database_(directory + ".db") {}

  double put(std::size_t jobs) override {
    const Stopwatch watch;
    for (std::size_t i = 0; i < jobs; ++i) {
      client_.send(command({"LPUSH", "jobs", insert_note(next_id_++)}));
      require(client_.line().starts_with(":"), "Redis has not taken a job");
    }
    return static_cast<double>(jobs) / watch.seconds();
  }

  double drain(std::size_t jobs, std::size_t batch) override {
    const Stopwatch watch;
    for (std::size_t done = 0; done < jobs; done += batch) {
      std::string moves;
      for (std::size_t i = 0; i < batch; ++i) moves += command({"LMOVE", "jobs", "work", "RIGHT", "LEFT"});
      client_.send(moves);
      std::vector<std::string> sql;
      for (std::size_t i = 0; i < batch; ++i) {
        const std::string size = client_.line();
        require(size.size() > 1 && size[0] == '$' && size[1] != '-', "Redis has lost a job");
        sql.push_back(client_.bytes(std::stoul(size.substr(1))));
      }
      database_.perform(sql);
      client_.send(command({"DEL", "work"}));
      require(client_.line() == ":1", "Redis has not forgotten the jobs");
    }
    return static_cast<double>(jobs) / watch.seconds();
  }

 private:
  int port_ = free_port();
  Service service_;
  LineClient client_;
  NotesDatabase database_;
  std::uint64_t next_id_ = 1;
};

}  // namespace

std::unique_ptr<Peer> start_redis(const std::string& parent) {
  if (!is_installed("redis-server")) return nullptr;
  const std::string directory = parent + "/redis";
  require(::mkdir(directory.c_str(), 0700) == 0, "cannot make " + directory);
  return std::make_unique<Redis>(directory);
}

}  // namespace spoold::bench
