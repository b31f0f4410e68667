#include <catch2/catch.hpp>

#include "store/archive.hpp"
#include "support/archive_ids.hpp"
#include "support/temp_queue.hpp"

using namespace spoold;
using namespace spoold::test;

// Archiving is cut short at every call in every way, and then done again: each entry must be in completed/ or
// in the archive, never lost, never archived twice.

namespace {

constexpr int entries = 3;

struct Scene {
  TempQueue queue;
  std::vector<Archive::Item> items;
  Directory archive;

  Scene() {
    archive = *open_archive(queue.files(), queue.layout());
    const WallTime day{std::chrono::hours{24 * 365 * 50}};
    for (int i = 0; i < entries; ++i) {
      const std::string name = queue.enqueue();
      (void)queue.files().rename_new(queue.layout().directory(State::pending), name,
                                     queue.layout().directory(State::completed), name);
      items.push_back({name, day});
    }
    (void)queue.files().sync_directory(queue.layout().directory(State::completed));
    queue.files().heal();
  }

  Result<void> put(std::vector<Archive::Item> some) {
    auto opened = Archive::open(queue.files(), queue.layout(), archive);
    if (!opened) return opened.error();
    std::size_t taken = 0;
    const auto moved = opened->put(some, taken);
    if (!moved) return moved.error();
    return {};
  }

  // After whatever happened: done again, everything is in the archive, once.
  void check_all_archived_once() {
    queue.files().heal();
    REQUIRE(put(items).has_value());
    CHECK(queue.names(State::completed).empty());
    const auto ids = archive_ids(queue.files(), archive);
    CHECK(ids.size() == entries);
    for (const auto& [id, count] : ids) {
      CAPTURE(id);
      CHECK(count == 1);
    }
  }
};

std::size_t calls_of_a_run() {
  Scene scene;
  // A file that is there already is the harder case: its end must be found again.
  REQUIRE(scene.put({scene.items[0]}).has_value());
  scene.queue.files().heal();
  REQUIRE(scene.put(scene.items).has_value());
  return scene.queue.files().calls().size();
}

}  // namespace

TEST_CASE("an archiving killed at any call is finished or taken back, and nothing is archived twice") {
  const std::size_t calls = calls_of_a_run();
  REQUIRE(calls > 10);
  using Moment = FaultFileSystem::Moment;
  for (const bool file_there : {false, true}) {
    for (const Moment moment : {Moment::before, Moment::within, Moment::after}) {
      for (std::size_t n = 1; n <= calls + 1; ++n) {
        Scene scene;
        if (file_there) REQUIRE(scene.put({scene.items[0]}).has_value());
        scene.queue.files().heal();
        CAPTURE(n, static_cast<int>(moment), file_there);
        scene.queue.files().crash(n, moment);
        try {
          (void)scene.put(scene.items);
        } catch (const Crash&) {
        }
        scene.check_all_archived_once();
      }
    }
  }
}

TEST_CASE("an archiving that fails at any call leaves all where it is or in the archive") {
  const std::size_t calls = calls_of_a_run();
  for (std::size_t n = 1; n <= calls + 1; ++n) {
    Scene scene;
    scene.queue.files().heal();
    CAPTURE(n);
    scene.queue.files().fail(n, ENOSPC, FaultFileSystem::Times::onwards);
    (void)scene.put(scene.items);
    scene.check_all_archived_once();
  }
}

TEST_CASE("an entry that a person took away amid it does not make a torn member be believed") {
  Scene scene;
  std::size_t nth_append = 2;  // the first makes the file
  scene.queue.files().heal();
  std::size_t met = 0;
  scene.queue.files().before_call = [&](const std::string& call) {
    if (call == "append" && ++met == nth_append) {
      scene.queue.files().crash(1, FaultFileSystem::Moment::within);
    }
  };
  try {
    (void)scene.put(scene.items);
  } catch (const Crash&) {
  }
  scene.queue.files().heal();
  const std::string taken = scene.items[1].file_name;
  REQUIRE(scene.queue.files()
              .rename_new(scene.queue.layout().directory(State::completed), taken,
                          scene.queue.layout().directory(State::pending), taken)
              .has_value());
  REQUIRE(scene.put(scene.items).has_value());
  CHECK(archive_ids(scene.queue.files(), scene.archive).size() == entries - 1);
  CHECK(scene.queue.names(State::pending) == std::vector<std::string>{taken});
}
