#include "worker/settlement.hpp"

#include <catch2/catch.hpp>

#include "support/temp_queue.hpp"

namespace spoold {

namespace {

using namespace std::chrono_literals;
using test::TempQueue;

RetryOptions plain_retries() {
  RetryOptions retry;
  retry.initial = 10s;
  retry.jitter = Jitter::none;
  return retry;
}

// The decision on the first attempt of an entry.
Decision decide_on(Outcome outcome, const RetryOptions& retry = plain_retries(), std::uint32_t attempts = 1) {
  TempQueue queue;
  Claim claim = queue.claim(queue.enqueue());
  claim.name.attempts = attempts;
  return decide(claim, std::move(outcome), retry, queue.clock().wall_now(), 0.5);
}

}  // namespace

TEST_CASE("each outcome leads to one way out of processing/") {
  CHECK(std::holds_alternative<Ack>(decide_on(Done{})));
  CHECK(std::holds_alternative<Defer>(decide_on(Retry{"busy", {}})));
  CHECK(std::holds_alternative<DeadLetter>(decide_on(Reject{"no"})));
  CHECK(std::holds_alternative<Release>(decide_on(Unavailable{"down", {}})));
  CHECK(std::holds_alternative<Release>(decide_on(Interrupted{"stop"})));
}

TEST_CASE("a retry waits for the back-off, or for the time the backend states where that is later") {
  TempQueue queue;
  const Claim claim = queue.claim(queue.enqueue());
  const WallTime now = queue.clock().wall_now();
  const auto due = [&](std::optional<WallTime> not_before) {
    return std::get<Defer>(decide(claim, Retry{"busy", not_before}, plain_retries(), now, 0.5)).due;
  };
  CHECK(due(std::nullopt) == now + 10s);
  CHECK(due(now + 5s) == now + 10s);
  CHECK(due(now + 1h) == now + 1h);
}

TEST_CASE("a retry beyond the last one is a dead letter that says how many attempts there were") {
  const Decision decision = decide_on(Retry{"busy", {}}, plain_retries(), 4);
  CHECK(std::get<DeadLetter>(decision).record.reason == "gave up after 4 attempts: busy");
}

TEST_CASE("an entry past its expires_at is not run, one before its not_before is put off") {
  TempQueue queue;
  const WallTime now = queue.clock().wall_now();
  Claim claim = queue.claim(queue.enqueue());
  CHECK_FALSE(decide_before_run(claim, now));
  claim.entry.not_before = now + 1h;
  CHECK(std::get<Postpone>(*decide_before_run(claim, now)).due == now + 1h);
  claim.entry.expires_at = now;
  CHECK(std::get<DeadLetter>(*decide_before_run(claim, now)).record.outcome == "expired");
}

TEST_CASE("each decision takes the entry to the state it names") {
  const auto state_after = [](auto decision) {
    TempQueue queue;
    Settlement settlement{queue.claim(queue.enqueue()), std::move(decision), "main"};
    const std::uint64_t seq = settlement.claim.name.seq;
    REQUIRE(carry_out(queue.store(), settlement));
    return queue.state_of(seq);
  };
  const AttemptRecord record{1, WallTime{1767328963s}, "retry", "busy", false};
  CHECK(state_after(Ack{nullptr}) == State::completed);
  CHECK(state_after(Defer{WallTime{1767328963s}, record}) == State::deferred);
  CHECK(state_after(DeadLetter{record}) == State::failed);
  CHECK(state_after(Release{"down"}) == State::pending);
  CHECK(state_after(Postpone{WallTime{1767328963s}}) == State::deferred);
}

}  // namespace spoold
