#include "simulation/simulated_backend.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace spoold::test {

namespace asio = boost::asio;

namespace {

// Longer than the worker's scan takes to find what a watch did not tell of.
constexpr auto ledger_age = std::chrono::minutes{5};
constexpr auto timeout = std::chrono::seconds{60};

}  // namespace

asio::awaitable<std::optional<Unavailable>> SimulatedBackend::open() {
  if (!weather_.fair && weather_.chance(10)) co_return Unavailable{"it is not there", {}};
  co_return std::nullopt;
}

asio::awaitable<std::vector<Outcome>> SimulatedBackend::perform(std::vector<Attempt> batch) {
  auto run = std::make_shared<Run>(Run{asio::steady_timer{loop_}, {}, false});
  for (const Attempt& attempt : batch) {
    truth_.begin(mark_of(*attempt.entry));
    run->seqs.insert(attempt.name->seq);
  }
  runs_.push_back(run);
  const bool hangs = !weather_.fair && weather_.chance(20);
  const std::chrono::nanoseconds lasts{weather_.fair ? 0 : weather_.choose(5'000'000'000)};
  run->timer.expires_after(hangs ? timeout : std::chrono::duration_cast<std::chrono::nanoseconds>(lasts));
  if (!stopped_) co_await run->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  runs_.erase(std::remove(runs_.begin(), runs_.end(), run), runs_.end());
  for (const Attempt& attempt : batch) truth_.end(mark_of(*attempt.entry));
  co_return outcomes(batch, stopped_ || run->interrupted);
}

std::vector<Outcome> SimulatedBackend::outcomes(const std::vector<Attempt>& batch, bool interrupted) {
  std::vector<Outcome> outcomes;
  const bool available = weather_.fair || !weather_.chance(8);
  if (interrupted || !available) {
    // It may have come through all the same: a COMMIT that failed only as far as was told, an answer lost.
    const bool took_effect = weather_.chance(2);
    for (const Attempt& attempt : batch) {
      if (took_effect) take_effect(attempt);
      outcomes.push_back(interrupted ? Outcome{Interrupted{"stopped"}} : Outcome{Unavailable{busy, {}}});
    }
    return outcomes;
  }
  for (const Attempt& attempt : batch) outcomes.push_back(outcome(attempt));
  return outcomes;
}

Outcome SimulatedBackend::outcome(const Attempt& attempt) {
  const std::size_t drawn = weather_.fair ? 9 : weather_.choose(20);
  if (ledger_ != nullptr && ledger_->count(attempt.name->seq) != 0) return Done{};
  if (drawn < 4) ++truth_[mark_of(*attempt.entry)].failed_attempts;
  if (drawn == 0) return Reject{"never"};
  if (drawn < 4) {
    if (ledger_ == nullptr && weather_.chance(2)) take_effect(attempt);
    return Retry{"not yet", {}};
  }
  take_effect(attempt);
  return ledger_ != nullptr ? Done{} : Done{Json{{"status", "done"}}};
}

void SimulatedBackend::take_effect(const Attempt& attempt) {
  if (ledger_ == nullptr) return truth_.take_effect(mark_of(*attempt.entry));
  const WallTime now{std::chrono::steady_clock::now().time_since_epoch()};
  if (ledger_->emplace(attempt.name->seq, now).second) truth_.take_effect(mark_of(*attempt.entry));
}

void SimulatedBackend::stop() {
  stopped_ = true;
  for (const auto& run : runs_) run->timer.cancel();
}

void SimulatedBackend::interrupt(std::uint64_t seq) {
  for (const auto& run : runs_) {
    if (run->seqs.count(seq) == 0) continue;
    run->interrupted = true;
    run->timer.cancel();
  }
}

asio::awaitable<void> SimulatedBackend::maintain(WallTime, std::uint64_t oldest_live) {
  if (ledger_ == nullptr) co_return;
  const WallTime now{std::chrono::steady_clock::now().time_since_epoch()};
  std::erase_if(*ledger_,
                [&](const auto& row) { return row.first < oldest_live && row.second + ledger_age < now; });
}

}  // namespace spoold::test
