#include <catch2/catch.hpp>

#include "store/archive.hpp"
#include "support/lying_queue.hpp"

// The power is cut before each call of an archiving in turn, in every way that the file system's order
// allows, and it is done again: each entry is in the archive then, once.

using namespace spoold;
using namespace spoold::test;

namespace {

constexpr int entries = 3;

struct Scene {
  LyingQueue queue;
  std::vector<Archive::Item> items;
  Directory archive;

  explicit Scene(NameOrder order) : queue(order) {
    archive = *open_archive(queue.files(), queue.layout());
    for (int i = 0; i < entries; ++i) {
      const std::string name = "05_0000000000000000000" + std::to_string(i + 1) + ".a1.json";
      queue.drop(name, R"({"operation":"greet"})", std::chrono::hours{1}, State::completed);
      items.push_back({name, WallTime{std::chrono::hours{24 * 365 * 50}}});
    }
    queue.files().heal();
  }

  Result<void> put(const std::vector<Archive::Item>& some) {
    auto opened = Archive::open(queue.files(), queue.layout(), archive);
    if (!opened) return opened.error();
    std::size_t taken = 0;
    const auto moved = opened->put(some, taken);
    if (!moved) return moved.error();
    return {};
  }
};

// False once the archiving has fewer calls than this.
bool dies_at(Scene& scene, std::size_t nth) {
  scene.queue.files().die(nth, LyingDisk::Moment::before);
  try {
    (void)scene.put(scene.items);
  } catch (const Crash&) {
  }
  return scene.queue.files().struck();
}

void check_all_archived_once(Scene& scene) {
  REQUIRE(scene.put(scene.items).has_value());
  REQUIRE(scene.queue.names(State::completed).empty());
  const auto ids = scene.queue.archive_ids();
  REQUIRE(ids.size() == entries);
  for (const auto& [id, count] : ids) REQUIRE(count == 1);
}

}  // namespace

TEST_CASE("no power cut loses an entry on its way to the archive, or archives it twice") {
  std::size_t states = 0;
  for (const NameOrder order : {NameOrder::journal, NameOrder::per_name}) {
    for (const bool file_there : {false, true}) {
      bool died = true;
      for (std::size_t nth = 1; died; ++nth) {
        EveryChoice every;
        do {
          INFO("before call " << nth << ", file there: " << file_there << ", order "
                              << static_cast<int>(order) << ", outcome " << states);
          Scene scene(order);
          if (file_there) REQUIRE(scene.put({scene.items[0]}).has_value());
          died = dies_at(scene, nth);
          scene.queue.cut_power(every.choose());
          check_all_archived_once(scene);
          ++states;
        } while (every.next());
      }
    }
  }
  CHECK(states > 200);
}
