#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace spoold {

// Threads for calls that block in the system for as long as it pleases and cannot be stopped: names being
// looked up, programs being started. A backend has its own, so that what hangs there holds up no other; they
// are begun as they are needed, and nobody has to wait for them. All is called on the loop's thread.
class LooseThreads {
 public:
  // What is done on the loop with what came of a task, and holds that.
  using Then = std::function<void()>;
  // What is done on a thread.
  using Task = std::function<Then()>;

  LooseThreads(boost::asio::any_io_executor loop, std::size_t threads_max);  // one at least
  LooseThreads(const LooseThreads&) = delete;
  LooseThreads& operator=(const LooseThreads&) = delete;
  ~LooseThreads() { end(std::chrono::nanoseconds{0}); }

  // Has the task done when its turn comes, and the loop what it returns, both unless `asker` has gone by
  // then. What the task throws comes out of the loop. What it returned is kept until `asker` has gone. False:
  // no thread is to be had, and the task is not taken.
  [[nodiscard]] bool run(const std::shared_ptr<void>& asker, Task task);

  // From now on nothing is begun and nothing told, and what is kept goes, on a thread: it may take its time
  // to. Waits so long for the threads to end.
  void end(std::chrono::nanoseconds wait_max);

 private:
  struct State;
  std::shared_ptr<State> state_;  // the threads' too
};

}  // namespace spoold
