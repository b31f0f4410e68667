#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <set>

#include "backend/backend.hpp"
#include "simulation/truth.hpp"

namespace spoold::test {

// What stays of a database when the daemon dies: ids done, durably, and when.
using SimulatedLedger = std::map<std::uint64_t, WallTime>;

// What a backend says that is not available for now.
constexpr const char* busy = "busy";

// How it is with the world, for all backends.
struct Weather {
  Choose choose;
  bool fair = false;  // everything is done, at once
  [[nodiscard]] bool chance(std::size_t one_in) const { return choose(one_in) == 0; }
};

// A backend that answers at random: done, again, never, not now, or not at all until it is told to stop or
// its time is up. With a ledger: a database that takes effect once for each id, in batches; the daemon may be
// told of a COMMIT that it failed though it did not. Without: a service that may have done what it failed to
// answer for.
class SimulatedBackend final : public Backend {
 public:
  SimulatedBackend(boost::asio::any_io_executor loop, Weather& weather, Truth& truth, SimulatedLedger* ledger)
      : loop_(std::move(loop)), weather_(weather), truth_(truth), ledger_(ledger) {}

  [[nodiscard]] boost::asio::awaitable<std::optional<Unavailable>> open() override;
  [[nodiscard]] boost::asio::awaitable<std::vector<Outcome>> perform(std::vector<Attempt> batch) override;
  [[nodiscard]] std::size_t batch_max() const override { return ledger_ != nullptr ? 8 : 1; }
  [[nodiscard]] std::size_t concurrency() const override { return ledger_ != nullptr ? 1 : 3; }
  [[nodiscard]] bool remembers() const override { return ledger_ != nullptr; }
  void stop() override;
  void interrupt(std::uint64_t seq) override;
  // Forgets as soon as it may, and not after seven days.
  [[nodiscard]] boost::asio::awaitable<void> maintain(WallTime now, std::uint64_t oldest_live) override;

 private:
  struct Run {
    boost::asio::steady_timer timer;
    std::set<std::uint64_t> seqs;
    bool interrupted = false;
  };
  [[nodiscard]] std::vector<Outcome> outcomes(const std::vector<Attempt>& batch, bool interrupted);
  [[nodiscard]] Outcome outcome(const Attempt& attempt);
  void take_effect(const Attempt& attempt);

  boost::asio::any_io_executor loop_;
  Weather& weather_;
  Truth& truth_;
  SimulatedLedger* ledger_;
  bool stopped_ = false;
  std::vector<std::shared_ptr<Run>> runs_;
};

}  // namespace spoold::test
