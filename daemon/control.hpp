#pragma once

#include "control/server.hpp"
#include "daemon/log.hpp"
#include "worker/worker.hpp"

namespace spoold {

// Joins the control socket to the worker. The loop's thread; all it is given outlives it.
class Control {
 public:
  Control(const WorkerContext& context, Worker& worker, Log& log)
      : context_(context), worker_(worker), log_(log) {}

  // Puts the pauses in force that are kept in the queue. Where their file cannot be read, everything is
  // paused until somebody looks: what a person has stopped must not start by itself. Before the loop runs.
  void take_pauses();

  // Without a socket the daemon works on all the same, and says so.
  void listen();

 private:
  [[nodiscard]] boost::asio::awaitable<Result<Json>> answer(ControlRequest request);
  [[nodiscard]] boost::asio::awaitable<Result<Json>> reread_pauses();
  [[nodiscard]] Result<Json> cancel(const control::Cancel& request);
  void put_in_force(Pauses pauses);

  const WorkerContext& context_;
  Worker& worker_;
  Log& log_;
  Pauses pauses_;
  std::unique_ptr<ControlServer> server_;
};

}  // namespace spoold
