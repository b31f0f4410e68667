#include "bench/peer.hpp"

namespace spoold::bench {
namespace {

std::string command(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return text;
}

// Redis with appendfsync always; jobs are in a list, those at work in another, as reliable list queues do it.
class Redis final : public LinePeer {
 public:
  explicit Redis(const std::string& directory)
      : LinePeer(directory, [&](const std::string& port) {
          return std::vector<std::string>{"redis-server",
                                          "--port",
                                          port,
                                          "--bind",
                                          "127.0.0.1",
                                          "--dir",
                                          directory,
                                          "--appendonly",
                                          "yes",
                                          "--appendfsync",
                                          "always",
                                          "--save",
                                          "",
                                          "--daemonize",
                                          "no"};
        }) {}

  double drain(std::size_t jobs, std::size_t batch) override {
    const Stopwatch watch;
    for (std::size_t done = 0; done < jobs; done += batch) {
      std::string moves;
      for (std::size_t i = 0; i < batch; ++i) moves += command({"LMOVE", "jobs", "work", "RIGHT", "LEFT"});
      client().send(moves);
      std::vector<std::string> sql;
      for (std::size_t i = 0; i < batch; ++i) {
        const std::string answer = client().line();  // $size
        require(answer.starts_with("$"), "Redis has given no job, and says " + answer);
        sql.push_back(client().bytes(LineClient::number(std::string_view{answer}.substr(1))));
      }
      database().perform(sql);
      client().send(command({"DEL", "work"}));
      require(client().line() == ":1", "Redis has not forgotten the jobs");
    }
    return static_cast<double>(jobs) / watch.seconds();
  }

 private:
  [[nodiscard]] std::string request(const std::string& job) const override {
    return command({"LPUSH", "jobs", job});
  }
  [[nodiscard]] bool is_taken(const std::string& answer) const override { return answer.starts_with(":"); }
};

}  // namespace

std::unique_ptr<Peer> start_redis(const std::string& parent) {
  if (!is_installed("redis-server")) return nullptr;
  return std::make_unique<Redis>(fresh_directory(parent, "redis"));
}

}  // namespace spoold::bench
