#include "event/counters.hpp"

namespace spoold {

namespace {

struct Count {
  Counters& total;

  void operator()(const event::Started&) const { ++total.starts; }
  void operator()(const event::Recovered& event) const {
    total.recovered += event.returned;
    total.failed += event.failed;
  }
  void operator()(const event::Completed& event) const { total.completed += event.count; }
  void operator()(const event::Deferred& event) const {
    if (event.entry.attempt > 0) ++total.retried;
  }
  void operator()(const event::DeadLettered&) const { ++total.failed; }
  void operator()(const event::Released& event) const { total.released += event.count; }
  void operator()(const event::Condemned&) const { ++total.corrupt; }
  // Of a lane, the storage, the watch or the worker: no entry changed its state.
  template <class Event>
  void operator()(const Event&) const {}
};

}  // namespace

void Counters::count(const Event& event) {
  std::visit(Count{*this}, event);
}

}  // namespace spoold
