#include "schedule/deferred_set.hpp"

#include <catch2/catch.hpp>

using namespace spoold;

namespace {

EntryName deferred(std::int64_t due_ms, std::uint64_t seq) {
  EntryName name;
  name.seq = seq;
  name.due_ms = due_ms;
  return name;
}

WallTime at_ms(std::int64_t ms) {
  return WallTime{std::chrono::milliseconds{ms}};
}

}  // namespace

TEST_CASE("deferred names come out by due time, and none before it") {
  DeferredSet set;
  set.add(deferred(3000, 1));
  set.add(deferred(1000, 2));
  set.add(deferred(2000, 3));
  CHECK(set.next_due() == at_ms(1000));
  CHECK_FALSE(set.take_due(at_ms(1000) - std::chrono::nanoseconds{1}));
  CHECK(set.take_due(at_ms(1000)) == deferred(1000, 2));
  CHECK(set.take_due(at_ms(9000)) == deferred(2000, 3));
  CHECK(set.take_due(at_ms(9000)) == deferred(3000, 1));
  CHECK_FALSE(set.take_due(at_ms(9000)));
  CHECK_FALSE(set.next_due());
}

TEST_CASE("of those due at the same time the better priority comes first, then the lower seq") {
  DeferredSet set;
  EntryName urgent = deferred(1000, 9);
  urgent.priority = 1;
  set.add(deferred(1000, 7));
  set.add(deferred(1000, 3));
  set.add(urgent);
  CHECK(set.take_due(at_ms(1000))->seq == 9);
  CHECK(set.take_due(at_ms(1000))->seq == 3);
  CHECK(set.take_due(at_ms(1000))->seq == 7);
}

TEST_CASE("a due time beyond what nanoseconds can hold is far away, not past") {
  DeferredSet set;
  set.add(deferred(9'999'999'999'999, 1));
  CHECK(set.next_due() == WallTime::max());
  CHECK_FALSE(set.take_due(at_ms(4'000'000'000'000)));
}

TEST_CASE("a cleared set holds nothing") {
  DeferredSet set;
  set.add(deferred(1000, 12));
  set.add(deferred(2000, 5));
  CHECK(set.size() == 2);
  set.clear();
  CHECK(set.empty());
  CHECK_FALSE(set.next_due());
}

TEST_CASE("a name that is told of twice is held once") {
  DeferredSet deferred;
  EntryName name;
  name.seq = 7;
  name.due_ms = 1'700'000'000'000;
  deferred.add(name);
  deferred.add(name);
  CHECK(deferred.size() == 1);
}

TEST_CASE("of what is deferred, that which has been tried before is counted") {
  DeferredSet set;
  auto tried = deferred(1000, 1);
  tried.attempts = 2;
  set.add(tried);
  set.add(tried);
  set.add(deferred(2000, 2));
  CHECK(set.retries() == 1);
  CHECK(set.take_due(at_ms(1000)) == tried);
  CHECK(set.retries() == 0);
  set.add(tried);
  set.clear();
  CHECK(set.retries() == 0);
}
