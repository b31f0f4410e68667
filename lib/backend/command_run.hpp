#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "backend/command_output.hpp"
#include "backend/command_spawn.hpp"
#include "base/time.hpp"

namespace spoold {

// How a program came to its end.
struct CommandEnd {
  enum class Why {
    by_itself,
    over_time,    // told to end by us, after its time
    interrupted,  // told to end by us, for our own stop
    cancelled     // told to end by us, for a person took the entry back
  };
  Why why = Why::by_itself;
  bool known = true;    // else something other than us has reaped it, and neither of these is to be had
  int exit_status = 0;  // where no signal ended it
  int signal = 0;       // 0: none
};

// One program that runs: fed, drained, watched, and ended with all that it started. Lives on the loop's
// thread, in a shared_ptr that it hands to its own operations.
class CommandRun final : public std::enable_shared_from_this<CommandRun> {
 public:
  // `mark` is in the environment of `leader`, which is this object's to kill and reap from now on.
  CommandRun(const boost::asio::any_io_executor& loop, pid_t leader, std::string mark,
             std::uint64_t output_bytes_max);
  CommandRun(const CommandRun&) = delete;
  CommandRun& operator=(const CommandRun&) = delete;
  // As kill_now().
  ~CommandRun();

  // Takes the descriptors over, and what is to be written where there is a pipe for it. Error: the loop takes
  // no more of them; destroy this then. REQUIRES: SIGPIPE is ignored in this process.
  [[nodiscard]] Result<void> attach(SpawnedCommand command, std::string input);

  // Waits for the end, or brings it about: after `timeout`, or interrupt(), SIGTERM to the group, and after
  // `kill_grace` SIGKILL. Returns when no process of the attempt is left and what they wrote is read. Once.
  [[nodiscard]] boost::asio::awaitable<CommandEnd> run(std::chrono::nanoseconds timeout,
                                                       std::chrono::nanoseconds kill_grace);

  // Asks run() to come to an end soon; the grace is then at most stop_grace_max.
  void interrupt();
  // Asks run() to come to an end within its grace.
  void cancel();

  // Kills and reaps all of it, waiting up to a second; what cannot be killed by then (in a system call that
  // hangs) is left to the reaper. For when nobody will run() it to the end any more.
  void kill_now();

  [[nodiscard]] const CommandOutput& output() const { return output_.kept; }
  [[nodiscard]] const CommandOutput& errors() const { return errors_.kept; }

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;
  struct Source {
    Descriptor pipe;
    CommandOutput kept;
    std::array<char, 16384> buffer;
    bool closed = false;
  };

  void watch();
  void read(Source& source);
  void write();
  void wake();
  [[nodiscard]] boost::asio::awaitable<void> wait_until(MonotonicTime time);
  [[nodiscard]] boost::asio::awaitable<CommandEnd::Why> wait_for_leader(std::chrono::nanoseconds timeout);
  [[nodiscard]] boost::asio::awaitable<void> end_by_force(std::chrono::nanoseconds kill_grace);
  [[nodiscard]] boost::asio::awaitable<void> finish_off();
  [[nodiscard]] boost::asio::awaitable<void> drain();
  // Nothing where the leader is not to be had yet: its end may be kept back, by a system call that hangs, or
  // by a debugger.
  [[nodiscard]] std::optional<CommandEnd> reap();

  pid_t pid_;
  Descriptor ended_;  // pidfd
  Source output_;
  Source errors_;
  Descriptor input_;
  std::string input_left_;
  std::size_t input_written_ = 0;
  boost::asio::steady_timer timer_;
  bool has_ended_ = false;  // the leader; it is a zombie until reap()
  bool reaped_ = false;
  bool cancelled_ = false;
  std::optional<MonotonicTime> interrupted_at_;
};

}  // namespace spoold
