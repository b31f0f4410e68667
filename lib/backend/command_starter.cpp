#include "backend/command_starter.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <utility>

#include "backend/command_reaper.hpp"
#include "base/error.hpp"

namespace spoold {

namespace asio = boost::asio;

namespace {

// At the end: for a start that goes well.
constexpr std::chrono::seconds wait_max{1};

std::optional<Unavailable> look(const std::string& program) {
  if (::faccessat(AT_FDCWD, program.c_str(), X_OK, AT_EACCESS) == 0) return std::nullopt;
  return Unavailable{system_error(errno, "run", program).message(), {}};
}

}  // namespace

CommandStarter::CommandStarter(asio::any_io_executor loop, CommandOptions options)
    : loop_(std::move(loop)),
      options_(std::make_shared<const CommandOptions>(std::move(options))),
      thread_(loop_, 1) {}

CommandStarter::~CommandStarter() {
  thread_.end(wait_max);
}

template <class Value>
asio::awaitable<Value> CommandStarter::call(std::function<Value()> work) {
  struct Answer {
    explicit Answer(const asio::any_io_executor& loop) : told(loop, asio::steady_timer::time_point::max()) {}
    asio::steady_timer told;     // cancelled when there is a value
    std::weak_ptr<Value> value;  // what the backend goes without taking is killed on the thread
    bool given = false;
  };
  const auto answer = std::make_shared<Answer>(loop_);
  auto task = [work = std::move(work), waiting = answer.get()]() -> LooseThreads::Then {
    return [waiting, value = std::make_shared<Value>(work())] {
      waiting->value = value;
      waiting->given = true;
      waiting->told.cancel();
    };
  };
  if (!thread_.run(answer, std::move(task))) {
    co_return Value{Unavailable{"no thread is to be had to start programs", {}}};
  }
  while (!answer->given) co_await answer->told.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return std::move(*answer->value.lock());
}

asio::awaitable<std::optional<Unavailable>> CommandStarter::look_at_program() {
  std::function<std::optional<Unavailable>()> work = [options = options_] { return look(options->program); };
  co_return co_await call(std::move(work));
}

asio::awaitable<std::variant<SpawnedCommand, SpawnFault>> CommandStarter::start(
    CommandInvocation invocation) {
  using Spawned = std::variant<SpawnedCommand, SpawnFault>;
  const auto announced = CommandReaper::of_this_process().announce();
  std::function<Spawned()> work = [options = options_, invocation = std::move(invocation), announced] {
    return spawn_command(*options, invocation, announced);
  };
  co_return co_await call(std::move(work));
}

}  // namespace spoold
