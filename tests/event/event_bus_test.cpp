#include "event/event_bus.hpp"

#include <catch2/catch.hpp>

using namespace spoold;

TEST_CASE("each subscriber is handed each event, in the order of subscription") {
  EventBus bus;
  std::vector<std::string> heard;
  bus.publish(event::Stopping{"nobody listens"});
  bus.subscribe([&](const Event& event) { heard.push_back("first " + std::string(kind(event))); });
  bus.subscribe([&](const Event& event) { heard.push_back("second " + std::string(kind(event))); });
  bus.publish(event::Stopping{});
  bus.publish(event::Stopped{});
  CHECK(heard ==
        std::vector<std::string>{"first stopping", "second stopping", "first stopped", "second stopped"});
}
