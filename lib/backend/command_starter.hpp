#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <variant>

#include "backend/command_spawn.hpp"
#include "backend/loose_threads.hpp"

namespace spoold {

// Looks at programs and starts them, for one backend, on a thread of its own: either stands still for as long
// as the file system that the program lies on does. Called on the loop's thread.
//
// The kernel kills what a thread has started when that thread ends (PR_SET_PDEATHSIG): this lives until what
// it started is over.
class CommandStarter {
 public:
  CommandStarter(boost::asio::any_io_executor loop, CommandOptions options);
  CommandStarter(const CommandStarter&) = delete;
  CommandStarter& operator=(const CommandStarter&) = delete;
  // What has been started and not taken is killed. Waits a second for that and for a start that is on its
  // way; one that hangs is left to the thread, which kills what comes of it.
  ~CommandStarter();

  // Nothing: it may be executed.
  [[nodiscard]] boost::asio::awaitable<std::optional<Unavailable>> look_at_program();

  // As spawn_command(), one after the other.
  [[nodiscard]] boost::asio::awaitable<std::variant<SpawnedCommand, SpawnFault>> start(
      CommandInvocation invocation);

 private:
  template <class Value>
  [[nodiscard]] boost::asio::awaitable<Value> call(std::function<Value()> work);

  boost::asio::any_io_executor loop_;
  std::shared_ptr<const CommandOptions> options_;  // the thread's too
  LooseThreads thread_;
};

}  // namespace spoold
