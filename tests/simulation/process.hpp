#pragma once

#include <boost/asio/io_context.hpp>
#include <optional>

#include "simulation/simulated_backend.hpp"
#include "simulation/virtual_time.hpp"
#include "store/recovery.hpp"
#include "worker/worker.hpp"

namespace spoold::test {

// The watch of one process: told of what appears, less what is lost on the way. Worse than inotify, which
// says so when it loses something.
class SimulatedWatcher final : public Watcher {
 public:
  SimulatedWatcher();
  SimulatedWatcher(const SimulatedWatcher&) = delete;
  SimulatedWatcher& operator=(const SimulatedWatcher&) = delete;
  ~SimulatedWatcher() override;

  void tell(const std::string& directory, const std::string& name);

  [[nodiscard]] Result<Changes> read() override;
  [[nodiscard]] std::optional<int> descriptor() const override { return fd_; }
  [[nodiscard]] std::chrono::nanoseconds interval() const override { return {}; }
  [[nodiscard]] std::string_view name() const override { return "simulated"; }

 private:
  int fd_;
  Changes changes_;
};

// One life of the daemon: what daemon/daemon.cpp does from the lock to the end, with the store's thread on
// the same loop. A Crash thrown out of any call is its death.
class Process {
 public:
  // Everything it lives in; outlives it.
  struct Place {
    LyingDisk& disk;
    VirtualTime& time;
    Weather& weather;
    Truth& truth;
    SimulatedLedger& ledger;
  };
  // Opens the queue and recovers it. An Error: it does not start.
  [[nodiscard]] static Result<std::unique_ptr<Process>> start(const Place& place,
                                                              const EventBus::Subscriber& listener);

  // One handler of the loop; false if there was none to run.
  bool step() { return loop_.poll_one() != 0; }
  [[nodiscard]] bool ended() const { return end_.has_value(); }
  [[nodiscard]] Worker& worker() { return *worker_; }
  [[nodiscard]] const std::vector<std::shared_ptr<Lane>>& lanes() const { return lanes_; }
  // What is being performed.
  [[nodiscard]] std::vector<std::uint64_t> running() const;
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

 private:
  explicit Process(const Place& place) : place_(place) {}
  [[nodiscard]] Result<void> open();
  void begin(RecoveryReport recovered, const EventBus::Subscriber& listener);
  [[nodiscard]] std::shared_ptr<Lane> make_lane(const std::string& name, SimulatedLedger* ledger);
  boost::asio::awaitable<void> run();

  Place place_;
  std::optional<QueueLayout> layout_;
  std::optional<Sequence> sequence_;
  std::optional<DirectoryStore> store_;
  EventBus events_;
  boost::asio::io_context loop_{1};
  std::vector<std::shared_ptr<Lane>> lanes_;
  std::optional<Worker> worker_;
  std::optional<WorkerEnd> end_;
};

}  // namespace spoold::test
