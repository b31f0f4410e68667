#include "worker/dispatcher_bench.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

namespace spoold::test {

ScriptedBackend& DispatcherBench::add_lane(const std::string& name, const LaneOptions& options) {
  auto backend = std::make_unique<ScriptedBackend>(executor());
  ScriptedBackend& scripted = *backend;
  lanes_.push_back(std::make_shared<Lane>(name, std::move(backend), BreakerOptions{}, options));
  return scripted;
}

RouteOptions& DispatcherBench::add_route(const std::string& operation, const std::string& lane) {
  RouteOptions route;
  route.operation = operation;
  route.backend = lane;
  route.retry.jitter = Jitter::none;
  return routes_.emplace_back(std::move(route));
}

std::size_t DispatcherBench::index_of(const std::string& lane_name) const {
  std::size_t index = 0;
  while (lanes_.at(index)->name != lane_name) ++index;
  return index;
}

void DispatcherBench::start() {
  for (const auto& lane : lanes_) add_route(lane->name + ".*", lane->name);
  Dispatcher::Hooks hooks{.look_again = [](const std::string&) {},  // work() finds it in pending/
                          .look_later = [this](Unsettled name) { unsettled.push_back(std::move(name)); },
                          .put_off = [this](EntryName name) { put_off.push_back(std::move(name)); },
                          .changed = [] {}};
  dispatcher_.emplace(context(), lanes_, router(), std::move(hooks));
}

std::shared_ptr<const Router> DispatcherBench::router() const {
  std::vector<Router::Route> routes;
  for (const RouteOptions& route : routes_) routes.push_back({index_of(route.backend), route});
  return std::make_shared<const Router>(std::move(routes));
}

void DispatcherBench::reload() {
  dispatcher_->reconfigure(lanes_, router());
}

void DispatcherBench::work() {
  std::vector<std::uint64_t> seqs;
  std::vector<std::string> foreign;
  dispatcher_->collect_known(seqs, foreign);
  for (const std::string& text : queue().names(State::pending)) {
    const auto name = parse_entry_name(text);
    REQUIRE(name);
    if (std::find(seqs.begin(), seqs.end(), name->seq) == seqs.end()) dispatcher_->add(*name);
  }
  while (await(dispatcher_->route_some())) {
  }
  await(try_storage());
  dispatcher_->pump();
  run();
}

boost::asio::awaitable<bool> DispatcherBench::try_storage() {
  co_await dispatcher_->try_storage();
  co_return true;
}

boost::asio::awaitable<bool> DispatcherBench::let_go_of_held() {
  co_await dispatcher_->let_go_of_held();
  co_return true;
}

void DispatcherBench::end_held() {
  await(let_go_of_held());
}

std::vector<std::string> DispatcherBench::operations_of(const ScriptedBackend& backend) {
  std::vector<std::string> operations;
  for (const auto& batch : backend.performed) operations.insert(operations.end(), batch.begin(), batch.end());
  return operations;
}

void DispatcherBench::enqueue_all(const std::vector<std::string>& operations, int priority) {
  for (const std::string& operation : operations) enqueue(operation, priority);
}

}  // namespace spoold::test
