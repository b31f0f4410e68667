#include <catch2/catch.hpp>
#include <set>

#include "support/lying_queue.hpp"

// That the disk of these tests does lie, and where it may not.

namespace spoold::test {

namespace {

using Ends = std::set<std::string>;

std::string listing(const LyingQueue& queue) {
  std::string text;
  for (const State state : all_states) {
    for (const std::string& name : queue.names(state)) {
      text += std::string(to_string(state)).substr(0, 2) + ":" + name + "=" + queue.read(state, name) + " ";
    }
  }
  return text;
}

// All that may be found after `work` and a power cut.
Ends ends_of(NameOrder order, const std::function<void(LyingQueue&)>& work) {
  Ends ends;
  EveryChoice every;
  do {
    LyingQueue queue{order};
    work(queue);
    queue.cut_power(every.choose());
    ends.insert(listing(queue));
  } while (every.next());
  return ends;
}

void write(LyingQueue& queue, const std::string& name, Durability durability) {
  REQUIRE(queue.files().write_new(queue.layout().directory(State::pending), name, "ab", 0600, durability));
}
void move(LyingQueue& queue, const std::string& name, State to) {
  const auto& layout = queue.layout();
  REQUIRE(queue.files().rename_new(layout.directory(State::pending), name, layout.directory(to), name));
}
void sync(LyingQueue& queue, State state) {
  REQUIRE(queue.files().sync_directory(queue.layout().directory(state)));
}

}  // namespace

TEST_CASE("bytes that were not synced may be missing, zeros or there, under a name that is durable") {
  const auto unsynced = [](LyingQueue& queue) {
    write(queue, "x", Durability::unsynced);
    sync(queue, State::pending);
  };
  CHECK(ends_of(NameOrder::journal, unsynced) ==
        Ends{"pe:x= ", "pe:x=ab ", std::string("pe:x=") + std::string(2, '\0') + " "});
}

TEST_CASE("over a journal, bytes that were written out are there whenever a name is that came after") {
  const auto torn = std::string("pe:x=") + std::string(2, '\0') + " ";
  const auto moved = [](LyingQueue& queue) {
    write(queue, "x", Durability::before_names);
    move(queue, "x", State::failed);
  };
  CHECK(ends_of(NameOrder::journal, moved) == Ends{"", "pe:x= ", "pe:x=ab ", torn, "fa:x=ab "});
  const auto synced = [&](LyingQueue& queue) {
    moved(queue);
    sync(queue, State::failed);
  };
  CHECK(ends_of(NameOrder::journal, synced) == Ends{"fa:x=ab "});
}

TEST_CASE("without the writing out, or where no journal keeps the order, a name may come before its bytes") {
  const auto unsynced = [](LyingQueue& queue) {
    write(queue, "x", Durability::unsynced);
    move(queue, "x", State::failed);
  };
  CHECK(ends_of(NameOrder::journal, unsynced).count("fa:x= ") == 1);
  const auto believed = [](LyingQueue& queue) {
    queue.files().believe_in_journal(true);
    write(queue, "x", Durability::before_names);
    move(queue, "x", State::failed);
    sync(queue, State::failed);
  };
  CHECK(ends_of(NameOrder::per_name, believed).count("fa:x= ") == 1);
}

TEST_CASE("a name that was not synced may be gone, and one that was is not") {
  const auto unsynced = [](LyingQueue& queue) { write(queue, "x", Durability::synced); };
  CHECK(ends_of(NameOrder::per_name, unsynced) == Ends{"", "pe:x=ab "});
  const auto synced = [](LyingQueue& queue) {
    write(queue, "x", Durability::synced);
    sync(queue, State::pending);
  };
  CHECK(ends_of(NameOrder::per_name, synced) == Ends{"pe:x=ab "});
}

TEST_CASE("a journal loses only the latest, the weaker orders any file's, and halves show both names") {
  const auto two_moves = [](LyingQueue& queue) {
    for (const char* name : {"x", "y"}) write(queue, name, Durability::synced);
    sync(queue, State::pending);
    move(queue, "x", State::failed);
    move(queue, "y", State::failed);
  };
  const Ends journal{"fa:x=ab fa:y=ab ", "pe:y=ab fa:x=ab ", "pe:x=ab pe:y=ab "};
  CHECK(ends_of(NameOrder::journal, two_moves) == journal);
  Ends per_name = journal;
  per_name.insert("pe:x=ab fa:y=ab ");
  CHECK(ends_of(NameOrder::per_name, two_moves) == per_name);
  CHECK(ends_of(NameOrder::halves, two_moves).count("pe:x=ab pe:y=ab fa:x=ab fa:y=ab ") == 1);
}

TEST_CASE("what a failed sync left in doubt is not made durable by the next") {
  const auto work = [](LyingQueue& queue) {
    write(queue, "x", Durability::synced);
    queue.files().fail(1, EIO, LyingDisk::Times::once, "fsync");
    CHECK_FALSE(queue.files().sync_directory(queue.layout().directory(State::pending)));
    sync(queue, State::pending);
  };
  CHECK(ends_of(NameOrder::journal, work) == Ends{"", "pe:x=ab "});
}

}  // namespace spoold::test
