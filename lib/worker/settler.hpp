#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <vector>

#include "worker/context.hpp"
#include "worker/settling.hpp"

namespace spoold {

// Settles batches whose receipts must be durable. What finishes while the store's thread is at work is
// settled as one group after that, so that many small batches wait for the disk together. Lives on the loop's
// thread, and outlives what it settles.
class Settler {
 public:
  explicit Settler(const WorkerContext& context) : context_(context) {}

  // Returns once all of it is carried out, acks durable.
  [[nodiscard]] boost::asio::awaitable<SettledBatch> settle(std::vector<Settlement> settlements);

 private:
  struct Waiting;
  [[nodiscard]] boost::asio::awaitable<void> settle_groups();

  WorkerContext context_;
  std::deque<std::shared_ptr<Waiting>> waiting_;
  bool settling_ = false;
};

}  // namespace spoold
