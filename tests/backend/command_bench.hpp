#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/command_backend.hpp"
#include "os/clock.hpp"
#include "support/temp_directory.hpp"

namespace spoold::test {

// A command backend whose program is a script for /bin/sh, or whatever else the options are changed to. Its
// queue is an empty directory, which scripts find as $SPOOLD_QUEUE and use for what they have to tell.
class CommandBench {
 public:
  using Change = std::function<void(CommandOptions&)>;
  explicit CommandBench(const std::string& script = "exit 0", const Change& change = {});
  CommandBench(const CommandBench&) = delete;
  CommandBench& operator=(const CommandBench&) = delete;
  ~CommandBench();

  // Entries by their JSON, all at the same time; `operation` is "test" where it has none.
  std::vector<Outcome> perform_all(const std::vector<std::string>& documents,
                                   std::optional<std::chrono::nanoseconds> timeout = {});
  Outcome perform(const std::string& document = "{}");
  // "done", or "reject: why" and the like.
  std::string run(const std::string& document = "{}", std::optional<std::chrono::nanoseconds> timeout = {});
  // Of one that must be done.
  Json receipt(const std::string& document = "{}");

  // "" when open, else the reason.
  std::string open();

  // Calls `action` on the loop, once, as soon as a script writes to "$SPOOLD_QUEUE/told".
  void when_told(std::function<void()> action) { when_told_in(queue_.path(), std::move(action)); }
  void when_told_in(const std::string& queue, std::function<void()> action);

  // The number that a script wrote to a file in the queue.
  [[nodiscard]] pid_t number_in(const std::string& file) const;

  static std::string describe(const Outcome& outcome);

  [[nodiscard]] const TempDirectory& queue() const { return queue_; }
  [[nodiscard]] std::uint64_t last_seq() const { return seq_; }
  [[nodiscard]] CommandBackend& backend() { return *backend_; }
  // The backend goes, with whatever it runs.
  void drop_backend() { backend_.reset(); }
  // Starts one and comes back while it runs; for when its end is not waited for.
  void begin(const std::string& document, const std::function<bool()>& until);

 private:
  struct Work;
  template <class Value>
  Value wait(boost::asio::awaitable<Value> awaitable);

  SystemClock clock_;
  TempDirectory queue_;
  std::vector<std::unique_ptr<Work>> begun_;
  boost::asio::io_context loop_;
  std::optional<boost::asio::posix::stream_descriptor> told_;
  std::unique_ptr<CommandBackend> backend_;
  std::uint64_t seq_ = 1'767'328'000'000'000'000;
};

// Whether a process of that number is there, other than a zombie.
[[nodiscard]] bool is_running(pid_t pid);

}  // namespace spoold::test
