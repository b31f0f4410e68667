#include <sys/stat.h>

#include <csignal>

#include "bench/peer.hpp"

namespace spoold::bench {
namespace {

// beanstalkd with a binlog that is synced at each write (-f 0).
class Beanstalkd final : public Peer {
 public:
  explicit Beanstalkd(const std::string& directory)
      : service_({"beanstalkd", "-l", "127.0.0.1", "-p", std::to_string(port_), "-b", directory, "-f", "0"},
                 directory + ".log", SIGTERM),
        client_(port_, service_),
        database_(directory + ".db") {}

  double put(std::size_t jobs) override {
    const Stopwatch watch;
    for (std::size_t i = 0; i < jobs; ++i) {
      const std::string job = insert_note(next_id_++);
      client_.send("put 5 0 3600 " + std::to_string(job.size()) + "\r\n" + job + "\r\n");
      require(client_.line().starts_with("INSERTED"), "beanstalkd has not taken a job");
    }
    return static_cast<double>(jobs) / watch.seconds();
  }

  double drain(std::size_t jobs, std::size_t batch) override {
    const Stopwatch watch;
    for (std::size_t done = 0; done < jobs; done += batch) {
      std::vector<std::string> ids;
      std::vector<std::string> sql;
      for (std::size_t i = 0; i < batch; ++i) {
        client_.send("reserve\r\n");
        const std::string reserved = client_.line();  // RESERVED id size
        const std::size_t space = reserved.rfind(' ');
        ids.push_back(reserved.substr(9, space - 9));
        sql.push_back(client_.bytes(std::stoul(reserved.substr(space + 1))));
      }
      database_.perform(sql);
      for (const std::string& id : ids) {
        client_.send("delete " + id + "\r\n");
        require(client_.line() == "DELETED", "beanstalkd has not deleted a job");
      }
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

std::unique_ptr<Peer> start_beanstalkd(const std::string& parent) {
  if (!is_installed("beanstalkd")) return nullptr;
  const std::string directory = parent + "/beanstalkd";
  require(::mkdir(directory.c_str(), 0700) == 0, "cannot make " + directory);
  return std::make_unique<Beanstalkd>(directory);
}

}  // namespace spoold::bench
