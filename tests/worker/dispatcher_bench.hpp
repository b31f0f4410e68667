#pragma once

#include <deque>
#include <memory>

#include "worker/worker_bench.hpp"

namespace spoold::test {

// A dispatcher over scripted lanes. Operations are routed by what stands before their dot: "web.call" to lane
// web.
class DispatcherBench : public WorkerBench {
 public:
  // A lane to come; before start().
  ScriptedBackend& add_lane(const std::string& name, const LaneOptions& options = {});
  // Routes beside those that each lane has for itself ("name.*"), asked before them. Before start().
  RouteOptions& add_route(const std::string& operation, const std::string& lane);
  void start();
  [[nodiscard]] RouteOptions& route(std::size_t index) { return routes_.at(index); }
  // Takes the routes as they are now.
  void reload();

  // What the worker's loop does once: takes in what lies in pending/, routes it, begins what may begin, and
  // runs it as far as it gets.
  void work();
  // What the worker does last, when it ends.
  void end_held();
  // Enqueues entries of these operations, all of one priority, in this order.
  void enqueue_all(const std::vector<std::string>& operations, int priority = priority_default);

  // What a backend was asked to perform, in order, over all batches.
  [[nodiscard]] static std::vector<std::string> operations_of(const ScriptedBackend& backend);
  [[nodiscard]] Lane& lane(std::size_t index) { return *lanes_.at(index); }
  [[nodiscard]] Dispatcher& dispatcher() { return *dispatcher_; }
  // What the dispatcher handed back.
  std::vector<Unsettled> unsettled;
  std::vector<EntryName> put_off;

 private:
  [[nodiscard]] std::shared_ptr<const Router> router() const;
  boost::asio::awaitable<bool> try_storage();
  boost::asio::awaitable<bool> let_go_of_held();
  [[nodiscard]] std::size_t index_of(const std::string& lane_name) const;

  std::vector<std::shared_ptr<Lane>> lanes_;
  std::deque<RouteOptions> routes_;
  std::optional<Dispatcher> dispatcher_;
};

}  // namespace spoold::test
