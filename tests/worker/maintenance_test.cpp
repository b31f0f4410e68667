#include <algorithm>
#include <boost/asio/detached.hpp>
#include <catch2/catch.hpp>

#include "worker/worker.hpp"
#include "worker/worker_bench.hpp"

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

namespace {

class SilentWatcher final : public Watcher {
 public:
  [[nodiscard]] Result<Changes> read() override { return Changes{}; }
  [[nodiscard]] std::optional<int> descriptor() const override { return std::nullopt; }
  [[nodiscard]] std::chrono::nanoseconds interval() const override { return 1h; }
  [[nodiscard]] std::string_view name() const override { return "poll"; }
};

boost::asio::awaitable<void> run_to_end(Worker& worker, bool& ended) {
  static_cast<void>(co_await worker.run());
  ended = true;
}

// A worker with one lane, which has done one entry, and nothing more to do.
class IdleWorker {
 public:
  IdleWorker() {
    auto backend = std::make_unique<ScriptedBackend>(bench.executor());
    scripted = backend.get();
    lanes_.push_back(std::make_shared<Lane>("web", std::move(backend), BreakerOptions{}, LaneOptions{}));
    router_ = std::make_shared<const Router>(std::vector<Router::Route>{{0, RouteOptions{}}});
    bench.enqueue("web.call");
    options_.idle_exit = 0s;
    worker_.emplace(bench.context(), lanes_, router_, std::make_unique<SilentWatcher>(), options_,
                    Worker::Limits{}, Counters{});
    boost::asio::co_spawn(bench.executor(), run_to_end(*worker_, ended_), boost::asio::detached);
    bench.run();
  }
  IdleWorker(const IdleWorker&) = delete;
  IdleWorker& operator=(const IdleWorker&) = delete;
  ~IdleWorker() {
    worker_->stop("the test is over");
    while (!ended_) bench.run();
  }

  void pass(std::chrono::nanoseconds time) {
    bench.clock().advance(time);
    worker_->reconfigure(lanes_, router_, options_);  // wakes it
    bench.run();
  }

  WorkerBench bench;
  ScriptedBackend* scripted = nullptr;

 private:
  std::vector<std::shared_ptr<Lane>> lanes_;
  std::shared_ptr<const Router> router_;
  WorkerOptions options_;
  std::optional<Worker> worker_;
  bool ended_ = false;
};

}  // namespace

TEST_CASE("backends forget only what has left the queue durably") {
  IdleWorker worker;
  FaultFileSystem& files = worker.bench.queue().files();
  REQUIRE(worker.bench.queue().names(State::completed).size() == 1);
  files.heal();
  worker.pass(2min);
  CHECK(worker.scripted->maintained.size() == 1);
  CHECK(std::count(files.calls().begin(), files.calls().end(), "sync_directory") == 4);

  files.fail("sync_directory", 1, EIO, FaultFileSystem::Times::onwards);
  worker.pass(2h);
  CHECK(files.struck());
  CHECK(worker.scripted->maintained.size() == 1);
  files.heal();
  worker.pass(2h);
  CHECK(worker.scripted->maintained.size() == 2);
}

TEST_CASE("what falls due in the very moment of housekeeping still counts as living") {
  IdleWorker worker;
  const Claim claim = worker.bench.queue().claim(worker.bench.enqueue("web.call"));
  const WallTime due = worker.bench.clock().wall_now() + 1h;
  REQUIRE(worker.bench.queue().store().defer(claim, due, {1, {}, "retry", "busy", true}));
  worker.pass(2min);
  worker.pass(1h);
  CHECK(worker.scripted->maintained == std::vector<std::uint64_t>{claim.name.seq, claim.name.seq});
  CHECK(worker.bench.queue().names(State::deferred).empty());
}
