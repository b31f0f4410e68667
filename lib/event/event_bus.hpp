#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "event/event.hpp"

namespace spoold {

// Hands each event to every subscriber, in the order of subscription, on the publisher's thread (the loop's).
class EventBus {
 public:
  using Subscriber = std::function<void(const Event&)>;

  void subscribe(Subscriber subscriber) { subscribers_.push_back(std::move(subscriber)); }
  void publish(const Event& event) const {
    for (const Subscriber& subscriber : subscribers_) subscriber(event);
  }

 private:
  std::vector<Subscriber> subscribers_;
};

}  // namespace spoold
