#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "crash/transitions.hpp"

// The power is cut at random moments: whatever no directory sync followed may be undone, from the end
// backwards.

namespace spoold {

namespace {

using Names = std::vector<std::string>;

// A worker and a producer at random work on one queue. Remembers what was promised.
class Storm {
 public:
  explicit Storm(std::uint64_t seed) : random_(seed) {}

  void step() {
    switch (random_() % 8) {
      case 0:
      case 1:
        return enqueue();
      case 2:
      case 3:
        return claim();
      default:
        return settle();
    }
  }

  void cut() {
    queue.files().cut_power(random_());
    claims_.clear();
    queue.reopen();
    (void)queue.recover(RecoveryOptions{.crashes_max = 60000});
  }

  // What was promised and is not so.
  [[nodiscard]] Names check() {
    Names broken = queue.audit();
    for (const auto& [mark, state] : promised_) {
      const auto places = test::places_of(queue, mark);
      if (places.size() != 1) {
        broken.push_back(mark + " is in " + std::to_string(places.size()) + " places");
      } else if (state && !places[0].starts_with(to_string(*state))) {
        broken.push_back(mark + " is in " + places[0] + ", not in " + std::string(to_string(*state)));
      }
    }
    return broken;
  }

  test::TempQueue queue;

 private:
  void enqueue() {
    const std::string mark = std::to_string(++count_);
    (void)queue.enqueue(test::marked(mark));
    promised_[mark] = std::nullopt;
  }

  void claim() {
    const Names names = queue.names(State::pending);
    if (names.empty()) return;
    claims_.push_back(queue.claim(names[random_() % names.size()]));
  }

  void settle() {
    if (claims_.empty()) return;
    const Claim claim = std::move(claims_.back());
    claims_.pop_back();
    const AttemptRecord record{claim.name.attempts, queue.clock().wall_now(), "retry", "for a reason"};
    switch (random_() % 6) {
      case 0:
        REQUIRE(queue.store().ack(claim, nullptr));
        break;
      case 1:
        REQUIRE(queue.store().ack(claim, Json{{"status", "done"}}));
        REQUIRE(queue.store().sync_acks());
        promised_[mark_of(claim)] = State::completed;
        break;
      case 2:
        REQUIRE(queue.store().dead_letter(claim, record));
        promised_[mark_of(claim)] = State::failed;
        break;
      case 3:
        REQUIRE(queue.store().cancel(claim, record));
        promised_[mark_of(claim)] = State::cancelled;
        break;
      case 4: {
        const auto name = queue.store().defer(claim, queue.clock().wall_now(), record);
        REQUIRE(name);
        if (random_() % 2 == 0) REQUIRE(queue.store().make_due(*name));
        break;
      }
      default:
        REQUIRE(queue.store().release(claim));
    }
  }

  static std::string mark_of(const Claim& claim) {
    const std::string text = claim.entry.field("stdin").get<std::string>();
    return text.substr(5, text.size() - 6);
  }

  std::mt19937_64 random_;
  int count_ = 0;
  std::vector<Claim> claims_;
  // By mark: acknowledged, and where it must be if that was promised too.
  std::map<std::string, std::optional<State>> promised_;
};

}  // namespace

TEST_CASE("no power cut loses, doubles or tears what was acknowledged") {
  const std::uint64_t first_seed = std::random_device{}();
  for (std::uint64_t seed = first_seed; seed < first_seed + 40; ++seed) {
    INFO("seed " << seed);
    Storm storm{seed};
    for (int cuts = 0; cuts < 4; ++cuts) {
      for (int steps = 0; steps < 25; ++steps) storm.step();
      storm.cut();
      REQUIRE(storm.check() == Names{});
    }
  }
}

TEST_CASE("an adopted entry keeps its id over a power cut once its claim was synced") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    test::TempQueue queue;
    queue.drop("foo.json", test::marked("one"));
    const Claim claim = queue.claim("foo.json");
    REQUIRE(queue.store().sync_claims());
    REQUIRE(queue.store().ack(claim, nullptr));
    queue.files().cut_power(seed);
    queue.reopen();
    (void)queue.recover();
    CHECK(queue.state_of(claim.name.seq).has_value());
    CHECK(test::places_of(queue, "one").size() == 1);
  }
}

}  // namespace spoold
