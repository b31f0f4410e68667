#include "event/counters.hpp"

#include <catch2/catch.hpp>

#include "event/every_event.hpp"

using namespace spoold;
using spoold::test::an_entry;
using spoold::test::one_of_each_event;

TEST_CASE("each event counts what it stands for, once") {
  Counters total;
  for (const Event& event : one_of_each_event()) total.count(event);
  CHECK(total.starts == 1);
  CHECK(total.recovered == 3);
  CHECK(total.completed == 1);
  CHECK(total.retried == 1);
  CHECK(total.failed == 2);
  CHECK(total.released == 50);
  CHECK(total.corrupt == 1);
}

TEST_CASE("counts go on from where they were") {
  Counters total{.completed = 1000};
  total.count(event::Completed{"main", 100, {}, {}});
  total.count(event::Completed{"main", 1, {}, an_entry});
  CHECK(total.completed == 1101);
}

TEST_CASE("an entry put off without an attempt is not a retry") {
  Counters total;
  total.count(event::Deferred{});
  CHECK(total.retried == 0);
}
