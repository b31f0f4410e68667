#include "bench/peer.hpp"

namespace spoold::bench {
namespace {

// beanstalkd with a binlog that is synced at each write (-f 0).
class Beanstalkd final : public LinePeer {
 public:
  explicit Beanstalkd(const std::string& directory)
      : LinePeer(directory, [&](const std::string& port) {
          return std::vector<std::string>{"beanstalkd", "-l",      "127.0.0.1", "-p", port,
                                          "-b",         directory, "-f",        "0"};
        }) {}

  double drain(std::size_t jobs, std::size_t batch) override {
    const Stopwatch watch;
    for (std::size_t done = 0; done < jobs; done += batch) {
      std::vector<std::string> ids;
      std::vector<std::string> sql;
      for (std::size_t i = 0; i < batch; ++i) reserve(ids, sql);
      database().perform(sql);
      for (const std::string& id : ids) {
        client().send("delete " + id + "\r\n");
        require(client().line() == "DELETED", "beanstalkd has not deleted a job");
      }
    }
    return static_cast<double>(jobs) / watch.seconds();
  }

 private:
  [[nodiscard]] std::string request(const std::string& job) const override {
    return "put 5 0 3600 " + std::to_string(job.size()) + "\r\n" + job + "\r\n";
  }
  [[nodiscard]] bool is_taken(const std::string& answer) const override {
    return answer.starts_with("INSERTED");
  }

  void reserve(std::vector<std::string>& ids, std::vector<std::string>& sql) {
    constexpr std::string_view reserved = "RESERVED ";
    client().send("reserve\r\n");
    const std::string answer = client().line();  // RESERVED id size
    const std::size_t space = answer.rfind(' ');
    require(answer.starts_with(reserved) && space >= reserved.size(),
            "beanstalkd has given no job, and says " + answer);
    ids.push_back(answer.substr(reserved.size(), space - reserved.size()));
    sql.push_back(client().bytes(LineClient::number(std::string_view{answer}.substr(space + 1))));
  }
};

}  // namespace

std::unique_ptr<Peer> start_beanstalkd(const std::string& parent) {
  if (!is_installed("beanstalkd")) return nullptr;
  return std::make_unique<Beanstalkd>(fresh_directory(parent, "beanstalkd"));
}

}  // namespace spoold::bench
