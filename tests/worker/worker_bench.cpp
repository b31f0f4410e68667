#include "worker/worker_bench.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace spoold::test {

namespace asio = boost::asio;

asio::awaitable<std::optional<Unavailable>> ScriptedBackend::open() {
  ++opened;
  co_return opens_with;
}

asio::awaitable<std::vector<Outcome>> ScriptedBackend::perform(std::vector<Attempt> attempts) {
  std::vector<std::string> operations;
  std::vector<std::uint64_t> seqs;
  for (const Attempt& attempt : attempts) {
    operations.push_back(attempt.entry->operation);
    seqs.push_back(attempt.name->seq);
  }
  performed.push_back(operations);
  running += attempts.size();
  most_running = std::max(most_running, running);
  if (holding) {
    auto timer = std::make_shared<asio::steady_timer>(loop_, asio::steady_timer::time_point::max());
    waiting_.push_back(timer);
    co_await timer->async_wait(asio::as_tuple(asio::use_awaitable));
  }
  running -= attempts.size();
  std::vector<Outcome> results;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const auto found = outcomes.find(operations[i]);
    if (found == outcomes.end()) {
      results.push_back(interrupted.contains(seqs[i]) ? Outcome{Interrupted{"as asked"}} : Outcome{Done{}});
    } else {
      results.push_back(found->second());
    }
  }
  co_return results;
}

asio::awaitable<void> ScriptedBackend::maintain(WallTime, std::uint64_t oldest_live) {
  maintained.push_back(oldest_live);
  co_return;
}

void ScriptedBackend::go_on() {
  for (const auto& timer : std::exchange(waiting_, {})) timer->cancel();
}

WorkerBench::WorkerBench() {
  bus_.subscribe([this](const Event& event) { events_.push_back(event); });
}

void WorkerBench::run() {
  loop_.restart();
  loop_.poll();
}

WorkerContext WorkerBench::context() {
  return WorkerContext{loop_.get_executor(),
                       loop_.get_executor(),
                       queue_.files(),
                       queue_.layout(),
                       queue_.store(),
                       queue_.clock(),
                       bus_};
}

std::size_t WorkerBench::count(std::string_view kind_of_event) const {
  return static_cast<std::size_t>(std::count_if(
      events_.begin(), events_.end(), [&](const Event& event) { return kind(event) == kind_of_event; }));
}

std::string WorkerBench::enqueue(const std::string& operation, int priority) {
  return queue_.enqueue(R"({"operation":")" + operation + R"(","sql":"SELECT 1","priority":)" +
                        std::to_string(priority) + "}");
}

}  // namespace spoold::test
