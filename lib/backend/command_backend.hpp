#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "backend/command_options.hpp"
#include "backend/command_starter.hpp"
#include "os/clock.hpp"

namespace spoold {

class CommandRun;

// Runs a program for each entry: `args` and `stdin` are the entry's, all else is the configuration's. What a
// program finds, and what its end means, is in docs/command.md. At least once, and never two attempts of an
// entry at the same time: an outcome is given when no process of the attempt is left.
//
// REQUIRES: SIGPIPE is ignored, the process has no children but those of command backends, and what an
// earlier daemon of the queue left running is ended (CommandReaper::kill_leftovers). It becomes the subreaper
// of what it starts.
class CommandBackend final : public Backend {
 public:
  // `loop` is where everything runs; its context and the clock must outlive the backend.
  CommandBackend(boost::asio::any_io_executor loop, const Clock& clock, CommandOptions options);
  CommandBackend(const CommandBackend&) = delete;
  CommandBackend& operator=(const CommandBackend&) = delete;
  // Kills what still runs.
  ~CommandBackend() override;

  // Unavailable: the program cannot be executed.
  [[nodiscard]] boost::asio::awaitable<std::optional<Unavailable>> open() override;
  [[nodiscard]] boost::asio::awaitable<std::vector<Outcome>> perform(std::vector<Attempt> batch) override;
  [[nodiscard]] std::size_t batch_max() const override { return 1; }
  [[nodiscard]] std::size_t concurrency() const override { return options_.concurrency; }
  [[nodiscard]] bool remembers() const override { return false; }
  // SIGTERM to what runs, and SIGKILL after kill_grace, but no longer than three seconds.
  void stop() override;
  // SIGTERM to its program, and SIGKILL after kill_grace.
  void interrupt(std::uint64_t seq) override;
  [[nodiscard]] boost::asio::awaitable<void> maintain(WallTime now, std::uint64_t oldest_live) override;

 private:
  [[nodiscard]] boost::asio::awaitable<Outcome> perform_one(Attempt attempt);

  boost::asio::any_io_executor loop_;
  const Clock& clock_;
  CommandOptions options_;
  std::vector<std::string> environment_;
  struct Begun {
    std::uint64_t seq = 0;
    bool cancelled = false;
    std::shared_ptr<CommandRun> run;  // once it is started
  };
  std::vector<std::weak_ptr<Begun>> begun_;
  CommandStarter starter_;
  bool stopping_ = false;
};

}  // namespace spoold
