#include "simulation/process.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "base/run_on.hpp"
#include "worker/stats_file.hpp"

namespace spoold::test {

namespace asio = boost::asio;
using namespace std::chrono_literals;

SimulatedWatcher::SimulatedWatcher() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

SimulatedWatcher::~SimulatedWatcher() {
  ::close(fd_);
}

void SimulatedWatcher::tell(const std::string& directory, const std::string& name) {
  if (directory == to_string(State::pending)) {
    changes_.pending.push_back(name);
  } else if (directory == to_string(State::deferred)) {
    changes_.deferred.push_back(name);
  } else {
    return;
  }
  ::eventfd_write(fd_, 1);
}

Result<Changes> SimulatedWatcher::read() {
  eventfd_t count = 0;
  ::eventfd_read(fd_, &count);
  return std::exchange(changes_, {});
}

Result<std::unique_ptr<Process>> Process::start(const Place& place, const EventBus::Subscriber& listener) {
  std::unique_ptr<Process> process{new Process{place}};
  SPOOLD_TRY(process->open());
  auto recovered = recover(place.disk, *process->layout_, place.time, RecoveryOptions{.crashes_max = 5});
  if (!recovered) return recovered.error();
  process->begin(std::move(*recovered), listener);
  return process;
}

Result<void> Process::open() {
  auto layout = QueueLayout::open(place_.disk, place_.disk.path());
  if (!layout) return layout.error();
  layout_.emplace(std::move(*layout));
  auto sequence = Sequence::open(layout_->queue(), place_.time, 0600);
  if (!sequence) return sequence.error();
  sequence_.emplace(std::move(*sequence));
  store_.emplace(place_.disk, *layout_, *sequence_, place_.time, StoreOptions{});
  return {};
}

std::shared_ptr<Lane> Process::make_lane(const std::string& name, SimulatedLedger* ledger) {
  auto backend =
      std::make_unique<SimulatedBackend>(loop_.get_executor(), place_.weather, place_.truth, ledger);
  return std::make_shared<Lane>(name, std::move(backend), BreakerOptions{}, LaneOptions{});
}

void Process::begin(RecoveryReport recovered, const EventBus::Subscriber& listener) {
  events_.subscribe(listener);
  std::vector<Router::Route> routes;
  for (const char* lane : {"base", "web"}) {
    RouteOptions options;
    options.operation = std::string(lane) + ".*";
    options.backend = lane;
    options.retry.jitter = Jitter::none;  // drawn from a source that no seed reaches
    routes.push_back({routes.size(), options});
  }
  auto watcher = std::make_unique<SimulatedWatcher>();
  place_.disk.appeared = [this, told = watcher.get()](const std::string& directory, const std::string& name) {
    if (!place_.weather.chance(30)) told->tell(directory, name);
  };
  const WorkerContext context{
      loop_.get_executor(), loop_.get_executor(), place_.disk, *layout_, *store_, place_.time, events_};
  lanes_ = {make_lane("base", &place_.ledger), make_lane("web", nullptr)};
  worker_.emplace(context, lanes_, std::make_shared<const Router>(std::move(routes)), std::move(watcher),
                  WorkerOptions{}, Worker::Limits{}, read_totals(place_.disk, *layout_));
  events_.subscribe([this](const Event& event) { worker_->count(event); });
  if (!recovered.returned.empty()) {
    events_.publish(event::Recovered{recovered.returned.size(), recovered.failed.size()});
  }
  spawn(loop_.get_executor(), run());
}

asio::awaitable<void> Process::run() {
  end_ = co_await worker_->run();
}

std::vector<std::uint64_t> Process::running() const {
  std::vector<std::uint64_t> seqs;
  const Json status = worker_->status();
  for (const Json& entry : status.at("running")) {
    seqs.push_back(std::stoull(entry.at("id").get<std::string>()));
  }
  std::sort(seqs.begin(), seqs.end());  // the worker tells them in the order of their addresses
  return seqs;
}

Process::~Process() {
  place_.disk.appeared = nullptr;
}

}  // namespace spoold::test
