#include "schedule/waiting_set.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <tuple>

using namespace spoold;

namespace {

EntryName entry(int priority, std::uint64_t seq) {
  EntryName name;
  name.priority = priority;
  name.seq = seq;
  return name;
}

WallTime at(std::int64_t ns) {
  return WallTime{std::chrono::nanoseconds{ns}};
}

std::vector<std::string> take_all(WaitingSet& waiting) {
  std::vector<std::string> names;
  while (!waiting.empty()) names.push_back(waiting.take().file_name);
  return names;
}

}  // namespace

TEST_CASE("the lower priority number is claimed first, then the lower seq") {
  WaitingSet waiting;
  for (const EntryName& name : {entry(10, 1), entry(5, 7), entry(1, 9), entry(5, 3), entry(1, 8)}) {
    waiting.add(name);
  }
  const std::vector<std::string> expected{format_entry_name(entry(1, 8)), format_entry_name(entry(1, 9)),
                                          format_entry_name(entry(5, 3)), format_entry_name(entry(5, 7)),
                                          format_entry_name(entry(10, 1))};
  CHECK(waiting.size() == 5);
  CHECK(take_all(waiting) == expected);
  CHECK(waiting.empty());
}

TEST_CASE("names come out in order however they went in, and as they were written") {
  std::mt19937_64 random{20240607};
  std::vector<EntryName> names;
  for (std::uint64_t seq = 1; seq <= 5000; ++seq) {
    EntryName name = entry(static_cast<int>(random() % 10 + 1), seq);
    name.attempts = static_cast<std::uint32_t>(random() % 4);
    name.crashes = static_cast<std::uint32_t>(random() % 3);
    if (random() % 5 == 0) name.label = "from." + std::to_string(seq);
    names.push_back(name);
  }
  std::shuffle(names.begin(), names.end(), random);
  WaitingSet waiting;
  for (const EntryName& name : names) waiting.add(name);

  std::sort(names.begin(), names.end(), [](const EntryName& a, const EntryName& b) {
    return std::tie(a.priority, a.seq) < std::tie(b.priority, b.seq);
  });
  for (const EntryName& name : names) {
    REQUIRE(waiting.next_crashes() == name.crashes);
    REQUIRE(waiting.take().file_name == format_entry_name(name));
  }
}

TEST_CASE("a foreign name keeps its spelling and goes by priority and modification time") {
  WaitingSet waiting;
  waiting.add(entry(5, 2000));
  waiting.add_foreign("late.json", 5, at(3000));
  waiting.add_foreign("early.json", 5, at(1000));
  waiting.add_foreign("9_x.json", 9, at(1));
  waiting.add_foreign("before the epoch.json", 5, at(-7));
  const std::vector<std::string> expected{"before the epoch.json", "early.json",
                                          format_entry_name(entry(5, 2000)), "late.json", "9_x.json"};
  CHECK(take_all(waiting) == expected);
}

TEST_CASE("what crashed a worker before is known before it is taken") {
  WaitingSet waiting;
  EntryName crashed = entry(5, 1);
  crashed.crashes = 2;
  waiting.add(crashed);
  waiting.add(entry(5, 2));
  CHECK(waiting.next_crashes() == 2);
  (void)waiting.take();
  CHECK(waiting.next_crashes() == 0);
}

TEST_CASE("what is put back, or into another set, stands where it stood") {
  WaitingSet first;
  EntryName crashed = entry(3, 70);
  crashed.crashes = 1;
  EntryName labelled = entry(3, 80);
  labelled.label = "x";
  first.add(entry(3, 90));
  first.add(crashed);
  first.add(labelled);
  first.add_foreign("between.json", 3, at(75));
  WaitingSet second;
  second.add(entry(3, 85));
  while (!first.empty()) second.put_back(first.take());
  CHECK(second.next_crashes() == 1);
  const std::vector<std::string> expected{format_entry_name(crashed), "between.json",
                                          format_entry_name(labelled), format_entry_name(entry(3, 85)),
                                          format_entry_name(entry(3, 90))};
  CHECK(take_all(second) == expected);
}

TEST_CASE("all that waits can be collected") {
  WaitingSet waiting;
  EntryName labelled = entry(10, 800);
  labelled.label = "x";
  waiting.add(labelled);
  waiting.add(entry(1, 900));
  waiting.add_foreign("x.json", 1, at(5));
  std::vector<std::uint64_t> seqs;
  std::vector<std::string> foreign;
  waiting.collect(seqs, foreign);
  std::sort(seqs.begin(), seqs.end());
  CHECK(seqs == std::vector<std::uint64_t>{800, 900});
  CHECK(foreign == std::vector<std::string>{"x.json"});
  CHECK(waiting.size() == 3);
}

TEST_CASE("a name may wait twice") {
  WaitingSet waiting;
  waiting.add(entry(5, 1));
  waiting.add(entry(5, 1));
  CHECK(take_all(waiting) == std::vector<std::string>(2, format_entry_name(entry(5, 1))));
}

TEST_CASE("counts at the largest a name can hold come out as they went in, larger ones do not wrap") {
  WaitingSet waiting;
  EntryName largest = entry(5, 1);
  largest.attempts = 65535;
  largest.crashes = 65535;
  waiting.add(largest);
  EntryName beyond = largest;
  beyond.attempts = 65536;
  beyond.crashes = 65536;
  waiting.add(beyond);
  CHECK(take_all(waiting) == std::vector<std::string>(2, format_entry_name(largest)));
}

TEST_CASE("a million waiting entries take at most 64 bytes each, while they come and while they go") {
  constexpr std::size_t count = 1'000'000;
  constexpr std::size_t constant = 32 * 1024;
  WaitingSet waiting;
  for (std::size_t i = 1; i <= count; ++i) {
    waiting.add(entry(static_cast<int>(i % 10 + 1), i));
    if (i % 997 == 0) REQUIRE(waiting.memory_bytes() <= 64 * waiting.size() + constant);
  }
  REQUIRE(waiting.memory_bytes() <= 64 * count);
  while (!waiting.empty()) {
    (void)waiting.take();
    if (waiting.size() % 997 == 0) REQUIRE(waiting.memory_bytes() <= 64 * waiting.size() + constant);
  }
}

TEST_CASE("the room of foreign names is used again and given back") {
  WaitingSet waiting;
  const std::size_t before = waiting.memory_bytes();
  for (int i = 0; i < 1000; ++i) {
    waiting.add_foreign("some longer foreign name " + std::to_string(i) + ".json", 5, at(i));
    if (i % 2 == 1) (void)waiting.take();
  }
  CHECK(waiting.take().file_name == "some longer foreign name 500.json");
  (void)take_all(waiting);
  CHECK(waiting.memory_bytes() <= before + 64 * 16);
}

TEST_CASE("merged sets come out in one order") {
  WaitingSet first;
  WaitingSet second;
  second.add(entry(5, 2));
  second.add_foreign("between.json", 5, at(3));
  first.merge(std::move(second));
  WaitingSet third;
  third.add(entry(5, 1));
  third.add(entry(5, 4));
  first.merge(std::move(third));
  CHECK(first.size() == 4);
  const std::vector<std::string> expected{format_entry_name(entry(5, 1)), format_entry_name(entry(5, 2)),
                                          "between.json", format_entry_name(entry(5, 4))};
  CHECK(take_all(first) == expected);
}

TEST_CASE("a name that a person brought back from deferred/ keeps its spelling") {
  WaitingSet waiting;
  EntryName due = entry(5, 7);
  due.due_ms = 1'700'000'000'000;
  waiting.add_foreign(format_entry_name(due), 5, at(7));
  WaitingSet other;
  other.put_back(waiting.take());
  CHECK(take_all(other) == std::vector<std::string>{format_entry_name(due)});
}

TEST_CASE("with ageing an entry stands one level better for each step it has waited") {
  WaitingSet waiting;
  waiting.add(entry(5, 1000));
  waiting.add(entry(3, 1900));
  waiting.add(entry(10, 1));
  waiting.age(at(2000), std::chrono::nanoseconds{500});
  // 5 - 2 = 3 and older, 10 - 3 = 7, 3 - 0 = 3.
  const std::vector<std::string> expected{format_entry_name(entry(5, 1000)),
                                          format_entry_name(entry(3, 1900)), format_entry_name(entry(10, 1))};
  CHECK(take_all(waiting) == expected);
}

TEST_CASE("without ageing nothing that waits longer passes a better priority") {
  WaitingSet waiting;
  waiting.add(entry(10, 1));
  waiting.add(entry(1, 1'000'000));
  waiting.age(at(2'000'000), std::chrono::nanoseconds{0});
  CHECK(waiting.take().file_name == format_entry_name(entry(1, 1'000'000)));
}

TEST_CASE("ageing ends at the best priority, where the older comes first") {
  WaitingSet waiting;
  waiting.add(entry(10, 1));
  waiting.add(entry(1, 5));
  waiting.age(at(1'000'000), std::chrono::nanoseconds{1});
  CHECK(waiting.take().file_name == format_entry_name(entry(10, 1)));
}

TEST_CASE("an entry's place is told by what is of a better priority and what is of its own and older") {
  WaitingSet waiting;
  for (std::uint64_t seq = 1; seq <= 30; ++seq) waiting.add(entry(seq % 2 == 0 ? 3 : 7, seq));
  waiting.add(entry(9, 2));
  CHECK(waiting.priority_of(21) == 7);
  CHECK(waiting.ahead_of(7, 21).of_better_priority == 15);
  CHECK(waiting.ahead_of(7, 21).of_its_priority == 10);
  CHECK(waiting.ahead_of(3, 2).of_better_priority == 0);
  CHECK(waiting.ahead_of(3, 2).of_its_priority == 0);
  CHECK_FALSE(waiting.priority_of(31));
  waiting.add_foreign("foo.json", 1, at(77));
  CHECK_FALSE(waiting.priority_of(77));
}
