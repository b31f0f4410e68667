#include "backend/loose_threads.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <exception>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace spoold {

namespace asio = boost::asio;

namespace {

struct Job {
  std::weak_ptr<void> asker;
  LooseThreads::Task task;
};

struct Result {
  std::weak_ptr<void> asker;
  LooseThreads::Then then;
  bool told = false;
};

LooseThreads::Then perform(const LooseThreads::Task& task) {
  try {
    return task();
  } catch (...) {
    return [thrown = std::current_exception()] { std::rethrow_exception(thrown); };
  }
}

}  // namespace

struct LooseThreads::State {
  State(asio::any_io_executor of_owner, std::size_t most) : loop(std::move(of_owner)), threads_max(most) {}

  std::mutex mutex;
  std::condition_variable changed;  // a job has come, or the owner has gone
  std::condition_variable left;
  asio::any_io_executor loop;  // none once the owner has gone
  std::deque<Job> jobs;
  std::list<Result>
      results;  // those not told come last, in the order in which the loop was asked to tell them
  const std::size_t threads_max;
  std::size_t threads = 0;
  std::size_t idle = 0;

  // Does jobs until the owner has gone.
  void serve(const std::shared_ptr<State>& self) {
    std::unique_lock lock{mutex};
    while (loop) {
      if (jobs.empty()) {
        ++idle;
        changed.wait(lock);
        --idle;
        continue;
      }
      const Job job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      Then then = job.asker.expired() ? nullptr : perform(job.task);
      lock.lock();
      if (!then) continue;
      results.push_back({job.asker, std::move(then)});
      // Under the lock, so that the loop is there still.
      if (loop) asio::post(loop, [self] { self->tell(); });
    }
    auto unused = std::exchange(results, {});
    lock.unlock();
    unused.clear();
    lock.lock();
    --threads;
    left.notify_all();
  }

  // On the loop.
  void tell() {
    std::unique_lock lock{mutex};
    const auto next =
        std::find_if(results.begin(), results.end(), [](const Result& each) { return !each.told; });
    if (next == results.end()) return;  // the owner has gone
    next->told = true;
    const Then then = next->then;
    const bool asked = !next->asker.expired();
    lock.unlock();
    if (asked) then();
  }
};

LooseThreads::LooseThreads(asio::any_io_executor loop, std::size_t threads_max)
    : state_(std::make_shared<State>(std::move(loop), threads_max)) {}

bool LooseThreads::run(const std::shared_ptr<void>& asker, Task task) {
  const std::lock_guard lock{state_->mutex};
  std::erase_if(state_->jobs, [](const Job& job) { return job.asker.expired(); });
  std::erase_if(state_->results, [](const Result& result) { return result.told && result.asker.expired(); });
  state_->jobs.push_back({asker, std::move(task)});
  state_->changed.notify_one();
  if (state_->jobs.size() <= state_->idle || state_->threads >= state_->threads_max) return true;
  try {
    std::thread{[state = state_] { state->serve(state); }}.detach();
    ++state_->threads;
  } catch (const std::system_error&) {
    // With other threads at work its turn comes; without any it never would.
    if (state_->threads > 0) return true;
    state_->jobs.pop_back();
    return false;
  }
  return true;
}

void LooseThreads::end(std::chrono::nanoseconds wait_max) {
  std::unique_lock lock{state_->mutex};
  state_->loop = {};
  state_->jobs.clear();
  state_->changed.notify_all();
  state_->left.wait_for(lock, wait_max, [this] { return state_->threads == 0; });
}

}  // namespace spoold
