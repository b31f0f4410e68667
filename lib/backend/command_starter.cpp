#include "backend/command_starter.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "backend/command_reaper.hpp"
#include "base/error.hpp"

namespace spoold {

namespace asio = boost::asio;

struct CommandStarter::State {
  explicit State(CommandOptions of_program) : options(std::move(of_program)) {}

  const CommandOptions options;
  std::mutex mutex;
  std::condition_variable asked;
  std::condition_variable left;
  asio::any_io_executor loop;  // none once the starter has gone
  std::deque<std::function<void()>> tasks;
  std::set<std::shared_ptr<void>> answers;  // that nobody has taken yet
  bool has_thread = false;

  // Does tasks until the starter has gone, and kills what nobody has taken.
  void serve() {
    std::unique_lock lock{mutex};
    while (loop) {
      if (tasks.empty()) {
        asked.wait(lock);
        continue;
      }
      const std::function<void()> task = std::move(tasks.front());
      tasks.pop_front();
      lock.unlock();
      std::exception_ptr thrown;
      try {
        task();
      } catch (...) {
        thrown = std::current_exception();
      }
      lock.lock();
      // Out of memory: it comes out of the event loop, as if it had been thrown there.
      if (thrown && loop) asio::post(loop, [thrown] { std::rethrow_exception(thrown); });
    }
    auto unused = std::exchange(answers, {});
    lock.unlock();
    unused.clear();
    lock.lock();
    has_thread = false;
    left.notify_all();
  }

  // REQUIRES: the lock is held. False: no thread is to be had.
  bool ensure_thread(const std::shared_ptr<State>& self) {
    if (has_thread) return true;
    try {
      std::thread{[self] { self->serve(); }}.detach();
    } catch (const std::system_error&) {
      return false;
    }
    has_thread = true;
    return true;
  }
};

namespace {

// At the end: for a start that goes well.
constexpr std::chrono::seconds wait_max{1};

std::optional<Unavailable> look(const std::string& program) {
  if (::faccessat(AT_FDCWD, program.c_str(), X_OK, AT_EACCESS) == 0) return std::nullopt;
  return Unavailable{system_error(errno, "run", program).message(), {}};
}

}  // namespace

CommandStarter::CommandStarter(asio::any_io_executor loop, CommandOptions options)
    : state_(std::make_shared<State>(std::move(options))) {
  state_->loop = std::move(loop);
}

CommandStarter::~CommandStarter() {
  std::unique_lock lock{state_->mutex};
  state_->loop = {};
  state_->tasks.clear();
  state_->asked.notify_all();
  state_->left.wait_for(lock, wait_max, [this] { return !state_->has_thread; });
}

template <class Value>
asio::awaitable<Value> CommandStarter::call(std::function<Value()> work) {
  struct Answer {
    explicit Answer(const asio::any_io_executor& loop) : told(loop, asio::steady_timer::time_point::max()) {}
    asio::steady_timer told;  // cancelled when there is a value
    std::weak_ptr<Value> value;
    bool given = false;
  };
  const auto answer = std::make_shared<Answer>(state_->loop);
  auto task = [state = state_, work = std::move(work), asker = std::weak_ptr<Answer>{answer}] {
    auto value = std::make_shared<Value>(work());
    const std::lock_guard lock{state->mutex};
    // Under the lock, so that the loop is there still.
    if (!state->loop) return;
    asio::post(state->loop, [state, asker, weak = std::weak_ptr<Value>{value}] {
      const auto waiting = state->loop ? asker.lock() : nullptr;
      if (!waiting) return;
      waiting->value = weak;
      waiting->given = true;
      waiting->told.cancel();
    });
    state->answers.insert(std::move(value));
  };
  bool accepted = false;
  {
    const std::lock_guard lock{state_->mutex};
    accepted = state_->ensure_thread(state_);
    if (accepted) state_->tasks.emplace_back(std::move(task));
  }
  state_->asked.notify_one();
  if (!accepted) co_return Value{Unavailable{"no thread is to be had to start programs", {}}};
  while (!answer->given) co_await answer->told.async_wait(asio::as_tuple(asio::use_awaitable));
  const std::shared_ptr<Value> value = answer->value.lock();
  {
    const std::lock_guard lock{state_->mutex};
    state_->answers.erase(value);
  }
  co_return std::move(*value);
}

asio::awaitable<std::optional<Unavailable>> CommandStarter::look_at_program() {
  std::function<std::optional<Unavailable>()> work = [state = state_] {
    return look(state->options.program);
  };
  co_return co_await call(std::move(work));
}

asio::awaitable<std::variant<SpawnedCommand, SpawnFault>> CommandStarter::start(
    CommandInvocation invocation) {
  using Spawned = std::variant<SpawnedCommand, SpawnFault>;
  const auto announced = CommandReaper::of_this_process().announce();
  std::function<Spawned()> work = [state = state_, invocation = std::move(invocation), announced] {
    return spawn_command(state->options, invocation, announced);
  };
  co_return co_await call(std::move(work));
}

}  // namespace spoold
