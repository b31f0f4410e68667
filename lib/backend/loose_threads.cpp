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

struct Answer {
  std::weak_ptr<void> asker;
  LooseThreads::Then then;
  std::exception_ptr thrown;  // by the task, in place of `then`
  bool told = false;
};

}  // namespace

struct LooseThreads::State {
  State(asio::any_io_executor of_owner, std::size_t most) : loop(std::move(of_owner)), threads_max(most) {}

  std::mutex mutex;
  std::condition_variable changed;  // a job has come, or the owner has gone
  std::condition_variable left;
  asio::any_io_executor loop;  // none once the owner has gone
  std::deque<Job> jobs;
  std::list<Answer> answers;  // in the order in which the loop tells them
  const std::size_t threads_max;
  std::size_t threads = 0;
  std::size_t idle = 0;

  // Does jobs until the owner has gone. What an answer needs is there before its task begins: out of memory
  // there comes out of the loop, and here, between tasks, ends the process.
  void serve(const std::shared_ptr<State>& self) noexcept {
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
      if (job.asker.expired()) continue;
      lock.unlock();
      std::list<Answer> answer(1);
      answer.front().asker = job.asker;
      try {
        answer.front().then = job.task();
      } catch (...) {
        answer.front().thrown = std::current_exception();
      }
      lock.lock();
      answers.splice(answers.end(), answer);
      // Under the lock, so that the loop is there still.
      if (loop) asio::post(loop, [self] { self->tell(); });
    }
    std::list<Answer> unused;
    unused.swap(answers);
    lock.unlock();
    unused.clear();
    lock.lock();
    --threads;
    left.notify_all();
  }

  // On the loop.
  void tell() {
    std::unique_lock lock{mutex};
    if (!loop) return;
    const auto next =
        std::find_if(answers.begin(), answers.end(), [](const Answer& each) { return !each.told; });
    next->told = true;
    const std::exception_ptr thrown = next->thrown;
    const Then then = next->asker.expired() ? nullptr : next->then;
    lock.unlock();
    if (thrown) std::rethrow_exception(thrown);
    if (then) then();
  }
};

LooseThreads::LooseThreads(asio::any_io_executor loop, std::size_t threads_max)
    : state_(std::make_shared<State>(std::move(loop), threads_max)) {}

bool LooseThreads::run(const std::shared_ptr<void>& asker, Task task) {
  const std::lock_guard lock{state_->mutex};
  std::erase_if(state_->jobs, [](const Job& job) { return job.asker.expired(); });
  std::erase_if(state_->answers, [](const Answer& answer) { return answer.told && answer.asker.expired(); });
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
