#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "support/temp_queue.hpp"
#include "worker/context.hpp"
#include "worker/dispatcher.hpp"

namespace spoold::test {

// A backend that does what the test says. Its attempts wait until they are told their outcome, or get the one
// that was set for all.
class ScriptedBackend final : public Backend {
 public:
  explicit ScriptedBackend(boost::asio::any_io_executor loop) : loop_(std::move(loop)) {}

  [[nodiscard]] boost::asio::awaitable<std::optional<Unavailable>> open() override;
  [[nodiscard]] boost::asio::awaitable<std::vector<Outcome>> perform(std::vector<Attempt> batch) override;
  [[nodiscard]] std::size_t batch_max() const override { return batch; }
  [[nodiscard]] std::size_t concurrency() const override { return places; }
  [[nodiscard]] std::size_t bundle_max() const override { return lines; }
  [[nodiscard]] bool remembers() const override { return memory; }
  [[nodiscard]] std::chrono::nanoseconds wait_max() const override { return longest_wait; }
  void stop() override { ++stops; }
  void interrupt(std::uint64_t seq) override { interrupted.insert(seq); }
  [[nodiscard]] boost::asio::awaitable<void> maintain(WallTime now, std::uint64_t oldest_live) override;

  std::size_t batch = 1;
  std::size_t lines = 0;  // of bundles
  std::size_t places = 1;
  bool memory = false;
  std::chrono::nanoseconds longest_wait{0};
  std::optional<Unavailable> opens_with;  // nothing: it opens
  // By operation; what is not here ends as done.
  std::map<std::string, std::function<Outcome()>> outcomes;
  bool holding = false;  // attempts wait for go_on()

  void go_on();  // lets everything that waits end

  std::vector<std::vector<std::string>> performed;  // operations, a batch each, in the order they began
  std::size_t running = 0;                          // attempts
  std::size_t most_running = 0;
  int opened = 0;
  int stops = 0;
  std::vector<std::uint64_t> maintained;  // the oldest_live of each time
  std::set<std::uint64_t> interrupted;    // seqs: their attempts end so, unless `outcomes` says otherwise

 private:
  boost::asio::any_io_executor loop_;
  std::vector<std::shared_ptr<boost::asio::steady_timer>> waiting_;
};

// A queue, a clock that stands still, and an event loop that runs only while it is driven; the store's thread
// is the same loop. What is done by hand here the worker does in the daemon.
class WorkerBench {
 public:
  WorkerBench();

  // Runs everything that can run now.
  void run();
  // Runs a coroutine to its end, which it must reach without the time going on.
  template <class Value>
  Value await(boost::asio::awaitable<Value> coroutine) {
    std::optional<Value> result;
    boost::asio::co_spawn(loop_, std::move(coroutine), [&](const std::exception_ptr& thrown, Value value) {
      if (thrown) std::rethrow_exception(thrown);
      result.emplace(std::move(value));
    });
    run();
    if (!result) throw std::runtime_error("a coroutine waits for something that does not come");
    return std::move(*result);
  }

  [[nodiscard]] TempQueue& queue() { return queue_; }
  [[nodiscard]] ManualClock& clock() { return queue_.clock(); }
  [[nodiscard]] WorkerContext context();
  [[nodiscard]] boost::asio::any_io_executor executor() { return loop_.get_executor(); }
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  // How many events of this kind (event::kind) there were.
  [[nodiscard]] std::size_t count(std::string_view kind_of_event) const;
  // Enqueues an entry of this operation; returns its name.
  std::string enqueue(const std::string& operation, int priority = priority_default);

 private:
  TempQueue queue_;
  boost::asio::io_context loop_{1};
  EventBus bus_;
  std::vector<Event> events_;
};

}  // namespace spoold::test
