#include "store/cleanup.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdio>
#include <map>
#include <random>

#include "support/lying_queue.hpp"

// A whole cleanup (archive, removals, litter, the log) beside what must stay: cut short at each of its calls,
// by death, by the power, by a fault, and done again.

using namespace spoold;
using namespace spoold::test;

namespace {

using Moment = LyingDisk::Moment;
using Times = LyingDisk::Times;
using Names = std::vector<std::string>;
constexpr std::chrono::hours young{1};
constexpr std::chrono::hours old{24 * 8};  // for the archive, which keeps it, and for failed entries
constexpr std::chrono::hours very_old{24 * 40};
const std::string log_text(100, 'x');

std::string name_of(int number) {
  return "05_0000000000000000000" + std::to_string(number) + ".a1.json";
}

struct Scene {
  LyingQueue queue;
  std::map<std::string, std::string> kept;  // by place: what must stay, and its bytes

  explicit Scene(NameOrder order = NameOrder::journal) : queue(order) {
    put("completed", name_of(1), old);
    put("completed", name_of(2), old);
    put("completed", name_of(3), old);
    keep("completed", name_of(4));
    put("failed", name_of(5), old);
    keep("failed", name_of(6));
    put("cancelled", name_of(7), old);
    put("corrupt", "bad.json", very_old);
    put("corrupt", "bad.json.reason", very_old);
    keep("corrupt", "new.json");
    keep("corrupt", "new.json.reason");
    keep("pending", name_of(8));
    put("archive", "2020-01-01.jsonl.gz", old);
    put(".tmp", "stale", old);
    keep(".tmp", "at work");
    queue.files().put("", worker_log_name, log_text, queue.clock().wall_now(), true);
    queue.files().heal();
  }

  void put(const std::string& directory, const std::string& name, std::chrono::hours age) {
    queue.files().put(directory, name, entry_bytes, queue.clock().wall_now() - age, true);
  }
  void keep(const std::string& directory, const std::string& name) {
    put(directory, name, young);
    kept[directory + "/" + name] = entry_bytes;
  }

  // True if it says that it went through. (An Error: it did not; a Crash passes through.)
  bool clean() {
    const auto archive = open_archive(queue.files(), queue.layout());
    if (!archive) return false;
    CleanupOptions options;
    options.trust_clock = true;
    options.log_bytes_max = 10;
    const std::atomic<bool> never{false};
    const auto cleanup =
        Cleanup::begin(queue.files(), queue.layout(), *archive, queue.clock(), options, never);
    if (!cleanup) return false;
    for (;;) {
      const auto more = (*cleanup)->step();
      if (!more) return false;
      if (!*more) return (*cleanup)->report().problems.empty();
    }
  }

  [[nodiscard]] Names broken_at_any_time() {
    Names broken;
    for (const auto& [place, bytes] : kept) {
      const auto slash = place.find('/');
      const auto names = queue_names(place.substr(0, slash));
      if (std::find(names.begin(), names.end(), place.substr(slash + 1)) == names.end()) {
        broken.push_back(place + " is gone");
      } else if (queue.files().bytes(place.substr(0, slash), place.substr(slash + 1)) != bytes) {
        broken.push_back(place + " is torn");
      }
    }
    return broken;
  }

  // After a cleanup that went through.
  [[nodiscard]] Names broken_in_the_end() {
    Names broken = broken_at_any_time();
    const auto ids = queue.archive_ids("2021");
    if (ids.size() != 3) broken.push_back(std::to_string(ids.size()) + " entries in the archive");
    for (const auto& [id, count] : ids) {
      if (count != 1) broken.push_back(id + " is in the archive " + std::to_string(count) + " times");
    }
    const std::map<std::string, std::size_t> left{
        {"completed", 1}, {"failed", 1}, {"cancelled", 0}, {"corrupt", 2}, {"pending", 1}};
    for (const auto& [directory, count] : left) {
      if (queue_names(directory).size() != count) broken.push_back(directory + " holds other than it should");
    }
    // What the interrupted one was writing there is young still, and goes in time.
    for (const std::string& name : queue_names(".tmp")) {
      if (name == "stale") broken.push_back(".tmp/stale is left");
    }
    for (const std::string& name : queue_names(archive_name)) {
      if (name.starts_with("2020") || name == ".journal") broken.push_back("archive/" + name + " is left");
    }
    return broken;
  }

  [[nodiscard]] Names queue_names(const std::string& directory) { return queue.files().names(directory); }

  static inline const std::string entry_bytes = R"({"operation":"greet","sql":"SELECT 1"})";
};

// False once the cleanup has fewer calls than this.
bool dies_at(Scene& scene, std::size_t nth, Moment moment) {
  scene.queue.files().die(nth, moment);
  try {
    (void)scene.clean();
  } catch (const Crash&) {
  }
  return scene.queue.files().struck();
}

void comes_right(Scene& scene) {
  REQUIRE(scene.broken_at_any_time() == Names{});
  REQUIRE(scene.clean());
  REQUIRE(scene.broken_in_the_end() == Names{});
  REQUIRE(scene.clean());
  REQUIRE(scene.broken_in_the_end() == Names{});
}

}  // namespace

TEST_CASE("a cleanup that dies at any call loses nothing, and the next one comes to the same end") {
  std::size_t deaths = 0;
  for (const Moment moment : {Moment::before, Moment::after}) {
    bool died = true;
    for (std::size_t nth = 1; died; ++nth, ++deaths) {
      INFO("call " << nth << ", moment " << static_cast<int>(moment));
      Scene scene;
      died = dies_at(scene, nth, moment);
      scene.queue.reopen();
      const auto log = scene.queue_names("");
      const bool copied = std::find(log.begin(), log.end(), worker_log_old_name) != log.end();
      const auto text_of = [&](const char* name) { return scene.queue.files().bytes("", name); };
      CHECK((text_of(worker_log_name) == log_text || (copied && text_of(worker_log_old_name) == log_text)));
      comes_right(scene);
    }
  }
  std::printf("crash: %zu deaths of a cleanup\n", deaths);
}

TEST_CASE("no power cut amid a cleanup loses anything, archives anything twice, or brings back what went") {
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 random{seed};
  const Choose choose = [&](std::size_t options) { return random() % options; };
  constexpr int ways = 12;
  std::size_t cuts = 0;
  for (const NameOrder order : {NameOrder::journal, NameOrder::per_name}) {
    bool died = true;
    for (std::size_t nth = 1; died; ++nth) {
      for (int way = 0; way < ways; ++way, ++cuts) {
        INFO("seed " << seed << ", before call " << nth << ", way " << way << ", order "
                     << static_cast<int>(order));
        Scene scene{order};
        died = dies_at(scene, nth, Moment::before);
        scene.queue.cut_power(choose);
        // And once more, at some call of the cleanup that puts it right.
        if (way % 2 == 1 && dies_at(scene, 1 + random() % 40, Moment::before)) scene.queue.cut_power(choose);
        scene.queue.files().heal();
        comes_right(scene);
      }
    }
  }
  std::printf("crash: %zu power cuts amid a cleanup\n", cuts);
}

TEST_CASE("whichever call of a cleanup fails, nothing is lost, and the next one comes to the same end") {
  std::size_t faults = 0;
  for (const Times times : {Times::once, Times::onwards}) {
    for (const int number : {EIO, ENOSPC, EMFILE, EROFS}) {
      bool struck = true;
      for (std::size_t nth = 1; struck; ++nth, ++faults) {
        INFO("call " << nth << ", errno " << number << (times == Times::once ? ", once" : ", and after"));
        Scene scene;
        scene.queue.files().fail(nth, number, times);
        (void)scene.clean();
        struck = scene.queue.files().struck();
        REQUIRE(scene.broken_at_any_time() == Names{});
        scene.queue.reopen();
        comes_right(scene);
      }
    }
  }
  std::printf("crash: %zu faults of calls of a cleanup\n", faults);
}
